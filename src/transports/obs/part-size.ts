/** Limits of OBS: 100 KB to 5 GB, 1 to 10,000 parts. */
const MIN_BYTES = 100 * 1024;
const MAX_BYTES = 5 * 1024 ** 3;
export const MAX_PARTS = 10_000;
const MIB = 1024 * 1024;
/** The memory of all parts that are on their way, over all uploads: two of the usual 16 MiB: one travels while the next one is read. */
export const PART_MEMORY_BYTES = 32 * MIB;

/**
 * Bytes per part of a file: as configured, no more than the memory of parts holds, and more only where the file would have too many of them (above
 * 335 GB); then a whole number of MiB.
 */
export function partSizeOf(fileSize: number, configured: number): number {
  const wanted = Math.min(Math.max(configured, MIN_BYTES), PART_MEMORY_BYTES);
  const needed = Math.ceil(fileSize / MAX_PARTS);
  return needed <= wanted ? wanted : Math.min(Math.ceil(needed / MIB) * MIB, MAX_BYTES);
}
