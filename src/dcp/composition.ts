import { type DocumentKind, textOf } from './xml-reader.ts';

/** What a reel plays. */
export interface Reference {
  readonly id: string;
  /** MainPicture, MainSound, MainSubtitle, … */
  readonly kind: string;
  /** '' when the composition gives none. */
  readonly hash: string;
  /** It needs a key (KDM). */
  readonly isEncrypted: boolean;
  /** False: it says something of the reel, and stands for no file. */
  readonly isFile: boolean;
}

/** Entries of a reel that have an id and no file (SMPTE 429-7, 429-16). */
const WITHOUT_FILE = new Set(['MainMarkers', 'CompositionMetadataAsset']);

/** SMPTE 429-7. */
export const composition: DocumentKind<Reference> = {
  root: 'CompositionPlaylist',
  record: entry => ({
    id: textOf(entry, 'Id'),
    kind: entry.name,
    hash: textOf(entry, 'Hash'),
    isEncrypted: textOf(entry, 'KeyId') !== '',
    isFile: !WITHOUT_FILE.has(entry.name),
  }),
};
