import type { BigIntStats } from 'node:fs';

/** Tells one content of a file from another as far as the file system can: size, time of the last change (ns) and inode. */
export const fileStamp = ({ size, mtimeNs, ino }: Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>): string =>
  `${size}:${mtimeNs}:${ino}`;
