import { refusal } from './obs-error.ts';

/** Bytes [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

function unsatisfiable(size: number): Error {
  return refusal('InvalidRange', undefined, { 'content-range': `bytes */${size}` });
}

/**
 * RFC 9110, 14.2: one range is served; a header that is malformed or asks for several is ignored (undefined, the whole
 * object); a range that has nothing of the object is refused.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    if (Number(last) === 0 || size === 0) throw unsatisfiable(size);
    return { start: Math.max(0, size - Number(last)), end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw unsatisfiable(size);
  return { start, end };
}
