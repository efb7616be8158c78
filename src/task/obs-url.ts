import { BftError } from '../core/errors.ts';

export interface BucketAddress {
  readonly bucket: string;
  /** Key of the package in the bucket, without a trailing slash. */
  readonly prefix: string;
}

/** Reads `obs://<bucket>/dcps/<name>` (BO-02, C-33). Throws TASK_FILE_INVALID. */
export function parseObsUrl(text: string): BucketAddress {
  const match = /^obs:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.*[^/])$/.exec(text);
  if (!match)
    throw new BftError('TASK_FILE_INVALID', `obs.url ${JSON.stringify(text)} is not of the form obs://<bucket>/<path>`);
  return { bucket: match[1] as string, prefix: match[2] as string };
}
