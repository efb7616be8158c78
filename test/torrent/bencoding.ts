import { createHash } from 'node:crypto';

/** A value to be bencoded. Dictionaries are pairs in the order given, so that a test can write what no encoder would. */
export type Value = number | string | Uint8Array | Value[] | { readonly pairs: readonly (readonly [string, Value])[] };

export const dictionary = (entries: Readonly<Record<string, Value>>): Value => ({ pairs: Object.entries(entries) });

/** Bencodes by the letter of BEP 3, independently of the library that the code under test uses. */
export function bencoded(value: Value): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencoded(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (Array.isArray(value)) return wrapped('l', value.map(bencoded));
  return wrapped(
    'd',
    value.pairs.flatMap(([key, inner]) => [bencoded(key), bencoded(inner)]),
  );
}

const wrapped = (open: string, parts: readonly Buffer[]) =>
  Buffer.concat([Buffer.from(open), ...parts, Buffer.from('e')]);

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();
export const sha1Hex = (bytes: Uint8Array): string => sha1(bytes).toString('hex');

/** The piece hashes of a row of bytes, the simple way. */
export function naivePieces(bytes: Uint8Array, pieceLength: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) pieces.push(sha1(bytes.subarray(at, at + pieceLength)));
  return Buffer.concat(pieces);
}
