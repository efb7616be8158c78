import { BftError } from '../../core/errors.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Bucket } from './bucket.ts';

/** What the bucket has of files that are not uploaded, told by size (BU-08). */
export interface Inventory {
  /** Bytes of the objects that have their size. */
  readonly bytes: number;
  readonly total: number;
  /** What is missing or has another size, for people. */
  readonly faults: readonly string[];
}

/** obs.url names the package: a prefix, or the one object. */
export function keyOf(type: 'dir' | 'file' | undefined, prefix: string, file: string): string {
  return type === 'file' ? prefix : `${prefix}/${file}`;
}

/** Compares the sizes of the objects with those of the task. */
export async function takeInventory(
  bucket: Bucket,
  prefix: string,
  item: TransferItem,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Inventory> {
  const expected = new Map(
    files.map(file => [keyOf(item.task.type, prefix, file), item.manifest.extent(file)] as const),
  );
  const found = await sizesOf(bucket, prefix, item.task.type, expected, signal);
  let [bytes, total] = [0, 0];
  const faults: string[] = [];
  for (const [key, { file, length }] of expected) {
    const size = found.get(key);
    total += length;
    if (size === length) bytes += length;
    else faults.push(size === undefined ? `${file} is missing` : `${file} has ${size} bytes, not ${length}`);
  }
  return { bytes, total, faults };
}

/** Sizes of the objects, by key. */
async function sizesOf(
  bucket: Bucket,
  prefix: string,
  type: 'dir' | 'file' | undefined,
  expected: ReadonlyMap<string, unknown>,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  if (type === 'file') {
    const single = await bucket.head(prefix, signal);
    if (single) sizes.set(prefix, single.size);
    return sizes;
  }
  for await (const { key, size } of bucket.list(`${prefix}/`, signal)) if (expected.has(key)) sizes.set(key, size);
  return sizes;
}

/** Refuses what is not whole, until somebody has put it there (BS-30, BO-03). */
export function requireWhole({ faults }: Inventory, url: string): void {
  if (faults.length === 0) return;
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : '';
  throw new BftError('OBS_INCOMPLETE', `${url} is not complete: ${faults.slice(0, 3).join('; ')}${more}`, {
    permanent: false,
  });
}
