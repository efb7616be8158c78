import type { Unit } from '../../torrent/manifest.ts';

/** Consecutive units of one file that are asked for in one request. */
export interface Range {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly units: readonly Unit[];
}

const RANGE_BYTES = 16 * 1024 * 1024;

/** Groups the units of one file, in order, into ranges of up to 16 MiB (or one unit, if that is larger). Gaps part them. */
export function rangesOf(units: readonly Unit[]): Range[] {
  const ranges: Range[] = [];
  let group: Unit[] = [];
  let length = 0;
  const close = () => {
    const [first] = group;
    if (first) ranges.push({ file: first.file, offset: first.offset, length, units: group });
    group = [];
    length = 0;
  };
  for (const unit of units) {
    const last = group.at(-1);
    if (last && (length + unit.length > RANGE_BYTES || last.offset + last.length !== unit.offset)) close();
    group.push(unit);
    length += unit.length;
  }
  close();
  return ranges;
}
