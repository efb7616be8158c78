import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errno } from '../core/errors.ts';
import { stateOf } from '../disk/file-state.ts';
import { realPathInside } from '../disk/inside.ts';
import { assetMap, type MapEntry, pathInPackage } from './asset-map.ts';
import { packingList } from './packing-list.ts';
import { readDocument } from './read-document.ts';
import { MAP_NAMES, uuidOf } from './standards.ts';
import { type DocumentKind, textOf, type XmlDocument, XmlFault } from './xml-reader.ts';

/** Packages that are looked through. */
const MOST = 1000;

/** Name of the package that has the most of these assets; undefined: nothing has any. */
export type FindOriginal = (ids: ReadonlySet<string>) => Promise<string | undefined>;

/**
 * Looks for the original version of what a package lacks in the packages that lie beside it. It is named by what its packing list or its map says of
 * itself, with its directory. What cannot be read there is somebody else's business.
 */
export const originalBeside =
  (directory: string, signal: AbortSignal): FindOriginal =>
  async ids => {
    let best = { has: 0, name: undefined as string | undefined };
    const own = basename(directory);
    const entries = await readdir(dirname(directory), { withFileTypes: true }).catch(() => []);
    const others = entries.filter(entry => entry.isDirectory() && entry.name !== own).slice(0, MOST);
    for (const { name } of others) {
      const other = join(dirname(directory), name);
      const map = await mapOf(other, signal);
      const has = (map?.records ?? []).filter(({ id }) => ids.has(uuidOf(id) ?? '')).length;
      if (!map || has <= best.has) continue;
      const annotation = (await listAnnotation(other, map.records, signal)) || textOf(map.root, 'AnnotationText');
      best = { has, name: annotation === '' || annotation === name ? name : `${annotation} (${name})` };
    }
    return best.name;
  };

async function mapOf(directory: string, signal: AbortSignal): Promise<XmlDocument<MapEntry> | undefined> {
  for (const name of MAP_NAMES) {
    const map = await quietly(directory, name, assetMap, signal);
    if (map) return map;
  }
  return undefined;
}

async function listAnnotation(directory: string, entries: readonly MapEntry[], signal: AbortSignal): Promise<string> {
  const place = pathInPackage(entries.find(({ isPackingList }) => isPackingList)?.chunks[0]?.path ?? '');
  const list = 'path' in place ? await quietly(directory, place.path, packingList, signal) : undefined;
  return list ? textOf(list.root, 'AnnotationText') : '';
}

async function quietly<R>(
  directory: string,
  file: string,
  kind: DocumentKind<R>,
  signal: AbortSignal,
): Promise<XmlDocument<R> | undefined> {
  try {
    const path = await realPathInside(directory, join(directory, file));
    if (path === undefined) return undefined;
    const info = await lstat(path);
    return info.isFile() ? await readDocument(path, stateOf(info), kind, signal) : undefined;
  } catch (error) {
    if (error instanceof XmlFault || errno(error) !== undefined) return undefined;
    throw error;
  }
}
