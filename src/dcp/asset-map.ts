import { childrenOf, type DocumentKind, textOf, type XmlElement } from './xml-reader.ts';

interface Chunk {
  readonly path: string;
  readonly volume: string;
  readonly offset: string;
  readonly length: string;
}

/** Texts as the map has them, not checked yet. */
export interface MapEntry {
  readonly id: string;
  readonly isPackingList: boolean;
  readonly chunks: readonly Chunk[];
}

/** SMPTE 429-9. The marker of a packing list says `true`, or is only there (Interop). */
export const assetMap: DocumentKind<MapEntry> = {
  root: 'AssetMap',
  record: entry => ({
    id: textOf(entry, 'Id'),
    isPackingList: childrenOf(entry, 'PackingList').some(({ text }) => ['', 'true', '1'].includes(text.trim())),
    chunks: childrenOf(entry, 'ChunkList').flatMap(list => childrenOf(list, 'Chunk').map(chunkOf)),
  }),
};

function chunkOf(chunk: XmlElement): Chunk {
  return {
    path: textOf(chunk, 'Path'),
    volume: textOf(chunk, 'VolumeIndex'),
    offset: textOf(chunk, 'Offset'),
    length: textOf(chunk, 'Length'),
  };
}

/** The path relative to the package, or why it is refused. `file://` in front is common and means nothing (libdcp). */
export function pathInPackage(path: string): { readonly path: string } | { readonly why: string } {
  const bare = path.startsWith('file://') ? path.slice('file://'.length) : path;
  if (bare === '') return { why: 'it is empty' };
  if (bare.startsWith('/') || /^[A-Za-z]:[\\/]/.test(bare)) return { why: 'it is absolute' };
  const segments = bare.split('/').filter(segment => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { why: 'it leads out of the package' };
  if (bare.includes('\0') || segments.length === 0) return { why: 'it is no path' };
  return { path: segments.join('/') };
}
