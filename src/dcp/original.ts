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

/** Packages that are looked through, and ids that are remembered of them all. */
const MOST = 1000;
const MOST_IDS = 200_000;

/** Name of the package that has the most of these assets; undefined: nothing has any. */
export type FindOriginal = (ids: ReadonlySet<string>) => Promise<string | undefined>;

interface Neighbour {
  readonly directory: string;
  readonly name: string;
  readonly annotation: string;
  readonly list: MapEntry | undefined;
}

/** Which packages have an asset, by its id. */
type Neighbours = ReadonlyMap<string, readonly Neighbour[]>;

/**
 * Looks for the original version of what a package lacks in the packages that lie beside it; their maps are read once, whatever asks. It is named by
 * what its packing list or its map says of itself, with its directory. What cannot be read there is somebody else's business.
 */
export function originalBeside(directory: string, signal: AbortSignal): FindOriginal {
  let neighbours: Promise<Neighbours> | undefined;
  return async ids => {
    neighbours ??= neighboursOf(directory, signal);
    const byId = await neighbours;
    const counts = new Map<Neighbour, number>();
    for (const id of ids) for (const has of byId.get(id) ?? []) counts.set(has, (counts.get(has) ?? 0) + 1);
    const [best] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
    return best && (await nameOf(best, signal));
  };
}

async function neighboursOf(directory: string, signal: AbortSignal): Promise<Neighbours> {
  const own = basename(directory);
  const entries = await readdir(dirname(directory), { withFileTypes: true }).catch(() => []);
  const others = entries.filter(entry => entry.isDirectory() && entry.name !== own).slice(0, MOST);
  const neighbours = new Map<string, Neighbour[]>();
  for (const { name } of others) {
    const other = join(dirname(directory), name);
    const map = neighbours.size > MOST_IDS ? undefined : await mapOf(other, signal);
    if (!map) continue;
    const list = map.records.find(({ isPackingList }) => isPackingList);
    const neighbour = { directory: other, name, annotation: textOf(map.root, 'AnnotationText'), list };
    for (const id of new Set(map.records.flatMap(record => uuidOf(record.id) ?? []))) {
      const known = neighbours.get(id);
      if (known) known.push(neighbour);
      else neighbours.set(id, [neighbour]);
    }
  }
  return neighbours;
}

async function nameOf({ directory, name, list, ...map }: Neighbour, signal: AbortSignal): Promise<string> {
  const annotation = (await listAnnotation(directory, list, signal)) || map.annotation;
  return annotation === '' || annotation === name ? name : `${annotation} (${name})`;
}

async function mapOf(directory: string, signal: AbortSignal): Promise<XmlDocument<MapEntry> | undefined> {
  for (const name of MAP_NAMES) {
    const map = await quietly(directory, name, assetMap, signal);
    if (map) return map;
  }
  return undefined;
}

async function listAnnotation(directory: string, entry: MapEntry | undefined, signal: AbortSignal): Promise<string> {
  const place = pathInPackage(entry?.chunks[0]?.path ?? '');
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
