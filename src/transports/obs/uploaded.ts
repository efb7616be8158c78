import type { Bucket } from './bucket.ts';

export interface UploadFile {
  readonly key: string;
  readonly path: string;
  readonly size: number;
  readonly sha1: string;
}

/** Whether the bucket has the object as this node uploads it: of its size, with our SHA-1. */
export async function isUploaded(
  bucket: Bucket,
  { key, size, sha1 }: UploadFile,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await bucket.head(key, signal);
  return there?.size === size && there.sha1 === sha1;
}
