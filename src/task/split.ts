import { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { Ratio } from './ratio.ts';

export interface SizedFile {
  readonly file: string;
  readonly size: number;
}

export type Split = Record<Method, string[]>;

/**
 * Divides a package between the methods (P-001, P-005, decision 9). `order` 'size' is ctfilesorder false; 'torrent' takes the files as
 * given or reversed, whichever comes nearer to the ratio, forward on a tie (P-025). Integer arithmetic throughout.
 */
export function splitFiles(files: readonly SizedFile[], ratio: Ratio, order: 'size' | 'torrent'): Split {
  if (files.every(({ size }) => size === 0)) throw new BftError('SIZES_DIFFER', 'total files size equal 0');
  if (order === 'size')
    return assign(
      files.toSorted((a, b) => b.size - a.size),
      ratio,
    );
  const forward = assign(files, ratio);
  const backward = assign(files.toReversed(), ratio);
  return deviation(backward, files, ratio) < deviation(forward, files, ratio) ? backward : forward;
}

/** A file goes to the method whose cumulative share interval of the total contains the file's start offset. */
function assign(sequence: readonly SizedFile[], ratio: Ratio): Split {
  const split: Split = { bt: [], obs: [], cdn: [] };
  const sum = BigInt(METHODS.reduce((all, method) => all + ratio[method], 0));
  const total = totalSize(sequence);
  let offset = 0n;
  for (const { file, size } of sequence) {
    split[methodAt(offset * sum, total, ratio)].push(file);
    offset += BigInt(size);
  }
  return split;
}

/** Zero-byte files at the very end start at the total: they go to the last method with a share (P-007). */
function methodAt(scaledOffset: bigint, total: bigint, ratio: Ratio): Method {
  let cumulative = 0n;
  let last: Method = 'bt';
  for (const method of METHODS) {
    if (ratio[method] === 0) continue;
    last = method;
    cumulative += BigInt(ratio[method]);
    if (scaledOffset < total * cumulative) return method;
  }
  return last;
}

/** Sum over the methods of |got - wanted|, scaled by sum(ratio), so that it stays a whole number. */
function deviation(split: Split, files: readonly SizedFile[], ratio: Ratio): bigint {
  const sizes = new Map(files.map(({ file, size }) => [file, BigInt(size)]));
  const sum = BigInt(METHODS.reduce((all, method) => all + ratio[method], 0));
  const total = totalSize(files);
  return METHODS.reduce((all, method) => {
    const got = split[method].reduce((bytes, file) => bytes + (sizes.get(file) ?? 0n), 0n);
    const off = got * sum - total * BigInt(ratio[method]);
    return all + (off < 0n ? -off : off);
  }, 0n);
}

function totalSize(files: readonly SizedFile[]): bigint {
  return files.reduce((all, { size }) => all + BigInt(size), 0n);
}
