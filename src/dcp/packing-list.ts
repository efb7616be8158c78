import { type DocumentKind, textOf } from './xml-reader.ts';

/** Texts as the list has them, not checked yet. */
export interface PackedEntry {
  readonly id: string;
  /** Of the SHA-1, base64; '' when the list has none, which Interop allows. */
  readonly hash: string;
  readonly size: string;
  readonly type: string;
}

/** SMPTE 429-8. */
export const packingList: DocumentKind<PackedEntry> = {
  root: 'PackingList',
  record: entry => ({
    id: textOf(entry, 'Id'),
    hash: textOf(entry, 'Hash'),
    size: textOf(entry, 'Size'),
    type: textOf(entry, 'Type'),
  }),
};

/** Whether the entry may be a composition: Interop says so, SMPTE only that it is XML. */
export function mayBeComposition({ type }: PackedEntry): boolean {
  const [kind = '', ...more] = type.split(';').map(part => part.trim().toLowerCase());
  if (kind !== 'text/xml' && kind !== 'application/xml') return false;
  const asdcpKind = more.find(part => part.startsWith('asdcpkind='));
  return asdcpKind === undefined || asdcpKind === 'asdcpkind=cpl';
}

/** Hex of a base64 SHA-1; undefined when it is none. */
export function sha1Of(hash: string): string | undefined {
  const bytes = Buffer.from(hash, 'base64');
  return bytes.length === 20 && bytes.toString('base64') === hash ? bytes.toString('hex') : undefined;
}
