/** Limits of OBS: 100 KB to 5 GB, 1 to 10,000 parts. */
const MIN_BYTES = 100 * 1024;
const MAX_BYTES = 5 * 1024 ** 3;
export const MAX_PARTS = 10_000;
const MIB = 1024 * 1024;

/** Bytes per part of a file: as configured, and more where the file would have too many of them; then a whole number of MiB. */
export function partSizeOf(fileSize: number, configured: number): number {
  const wanted = Math.min(Math.max(configured, MIN_BYTES), MAX_BYTES);
  const needed = Math.ceil(fileSize / MAX_PARTS);
  return needed <= wanted ? wanted : Math.min(Math.ceil(needed / MIB) * MIB, MAX_BYTES);
}
