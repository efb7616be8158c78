/** Bytes [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Range header asks of a file: all of it, these parts in this order, or something that is refused. */
export type Selection = 'whole' | 'invalid' | 'unsatisfiable' | readonly ByteRange[];

/** More ranges, or more than two that overlap, are taken for an attack (R-013, hostile input 7, RFC 9110, 14.2). */
const MOST_RANGES = 16;
const MOST_OVERLAPPING = 2;

/** As the header has it; a suffix has no first byte. Any number of digits is exact. */
interface RangeSpec {
  readonly first: bigint | undefined;
  readonly last: bigint | undefined;
}

/**
 * Reads a Range header for a file of `length` bytes (R-010 …; RFC 9110, 14.1 and 14.2). Another unit than bytes asks for
 * nothing; garbage and a range that ends before it starts are invalid; too many ranges are unsatisfiable, as 15.5.17 has it. Ranges
 * that the file has nothing of are left out when there are others.
 */
export function selectRanges(header: string | undefined, length: number): Selection {
  if (header === undefined) return 'whole';
  const [, unit, set = ''] = /^([!#$%&'*+.^_`|~\w-]+)=(.*)$/s.exec(header) ?? [];
  if (unit === undefined) return 'invalid';
  if (unit.toLowerCase() !== 'bytes') return 'whole';
  const specs = parseSet(set);
  if (specs === undefined) return 'invalid';
  if (length === 0 && specs.some(isSuffix)) return 'whole';
  const ranges = specs.flatMap(spec => rangeOf(spec, length));
  return ranges.length === 0 || isExcessive(specs.length, ranges) ? 'unsatisfiable' : ranges;
}

/** Empty elements of the list are no fault (RFC 9110, 5.6.1.2), a list of nothing else is. */
function parseSet(set: string): RangeSpec[] | undefined {
  const specs: RangeSpec[] = [];
  for (const element of set.split(',')) {
    if (/^[ \t]*$/.test(element)) continue;
    const [, first, last] = /^[ \t]*(\d*)-(\d*)[ \t]*$/.exec(element) ?? [];
    const spec = { first: numberOf(first), last: numberOf(last) };
    if (spec.last === undefined ? spec.first === undefined : spec.last < (spec.first ?? 0n)) return undefined;
    specs.push(spec);
  }
  return specs.length === 0 ? undefined : specs;
}

const numberOf = (digits = ''): bigint | undefined => (digits === '' ? undefined : BigInt(digits));

const isSuffix = ({ first, last }: RangeSpec): boolean => first === undefined && last !== 0n;

function rangeOf({ first, last }: RangeSpec, length: number): ByteRange[] {
  const size = BigInt(length);
  if (first === undefined) {
    const suffix = last === undefined || last > size ? size : last;
    return suffix === 0n ? [] : [{ start: Number(size - suffix), end: length }];
  }
  if (first >= size) return [];
  return [{ start: Number(first), end: last === undefined || last >= size ? length : Number(last) + 1 }];
}

function isExcessive(asked: number, ranges: readonly ByteRange[]): boolean {
  if (asked > MOST_RANGES) return true;
  const overlapping = ranges.filter(a => ranges.some(b => a !== b && a.start < b.end && b.start < a.end));
  return overlapping.length > MOST_OVERLAPPING;
}
