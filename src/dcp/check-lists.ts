import type { CheckedMap } from './check-map.ts';
import { type Inspection, isSigned, readPart, reportAbsent } from './inspection.ts';
import { mayBeComposition, type PackedEntry, packingList, sha1Of } from './packing-list.ts';
import { PKL_NAMESPACES, uuidOf } from './standards.ts';
import { textOf } from './xml-reader.ts';

/** Of a package's packing lists so many are read, and so many entries of them all: as many as a task may have files. */
const MOST_LISTS = 1000;
const MOST_ASSETS = 200_000;

/** An entry of a packing list whose file is in the package, or is to be. */
export interface PackedAsset {
  readonly id: string;
  /** Undefined: the map does not say it. */
  readonly path: string | undefined;
  readonly size: number;
  /** Hex; undefined: the list has none. */
  readonly sha1: string | undefined;
  readonly mayBeComposition: boolean;
  /** The packing list's file. */
  readonly list: string;
}

/** A packing list as a report tells of it. */
export interface ListSummary {
  readonly file: string;
  readonly id: string;
  readonly annotation: string;
  readonly assets: number;
  readonly bytes: number;
  /** There is a signature; it is not verified. */
  readonly signed: boolean;
}

export interface CheckedLists {
  readonly assets: readonly PackedAsset[];
  readonly summaries: readonly ListSummary[];
  /** All of them could be read. */
  readonly isWhole: boolean;
}

/** Every packing list's own rules (SMPTE 429-8), and that the map has what they list. */
export async function checkLists(inspection: Inspection, map: CheckedMap): Promise<CheckedLists> {
  const assets: PackedAsset[] = [];
  const summaries: ListSummary[] = [];
  const read = new Set<string>();
  for (const id of map.lists) {
    const file = map.paths.get(id);
    if (file === undefined) continue;
    if (!inspection.files.has(file)) {
      reportAbsent(inspection, file, 'the map names it as a packing list');
      continue;
    }
    if (read.has(file)) {
      inspection.findings.add('PKL_ID', file, `the map has a second id for it: ${id}`);
      continue;
    }
    if (read.size === MOST_LISTS || assets.length > MOST_ASSETS) {
      const limit = `${MOST_LISTS} packing lists with ${MOST_ASSETS} entries`;
      inspection.findings.add('XML_LIMIT', file, `${file} is not read: the package has more than ${limit}`);
      break;
    }
    read.add(file);
    const summary = await checkList(inspection, map, id, file, assets);
    if (summary) summaries.push(summary);
  }
  return { assets, summaries, isWhole: summaries.length === map.lists.length };
}

async function checkList(
  inspection: Inspection,
  map: CheckedMap,
  id: string,
  file: string,
  assets: PackedAsset[],
): Promise<ListSummary | undefined> {
  const { findings } = inspection;
  const read = await readPart(inspection, file, packingList, PKL_NAMESPACES);
  if (!read) return undefined;
  const { root, records, standard } = read;
  if (!standard) {
    findings.add('NAMESPACE_UNKNOWN', file, `the packing list's namespace is ${JSON.stringify(root.namespace)}`);
    return undefined;
  }
  if (standard !== map.standard) {
    findings.add('STANDARDS_MIXED', file, `the packing list is of ${standard}, the map of ${map.standard}`);
  }
  const own = textOf(root, 'Id');
  if (uuidOf(own) !== id) findings.add('PKL_ID', file, `its id is ${JSON.stringify(own)}; the map has ${id} for it`);
  const seen = new Set<string>();
  let bytes = 0;
  for (const record of records) {
    const asset = assetOf(inspection, map, file, record);
    if (!asset) continue;
    if (seen.has(asset.id)) findings.add('ID_TWICE', file, `the list has the id ${asset.id} more than once`);
    seen.add(asset.id);
    assets.push(asset);
    bytes += asset.size;
  }
  const annotation = textOf(root, 'AnnotationText');
  return { file, id, annotation, assets: seen.size, bytes, signed: isSigned(root) };
}

function assetOf({ findings }: Inspection, map: CheckedMap, list: string, entry: PackedEntry): PackedAsset | undefined {
  const id = uuidOf(entry.id);
  if (id === undefined) {
    findings.add('ID_INVALID', list, `the list has ${JSON.stringify(entry.id)} for an id: no urn:uuid:…`);
    return undefined;
  }
  if (!map.paths.has(id)) {
    findings.add('ASSET_UNMAPPED', list, `the list has the asset ${id}; the map does not`);
    return undefined;
  }
  const path = map.paths.get(id);
  const size = /^\d{1,16}$/.test(entry.size) ? Number(entry.size) : Number.NaN;
  if (!Number.isSafeInteger(size)) {
    findings.add('PKL_ENTRY', list, `the list has ${JSON.stringify(entry.size)} for the size of ${path ?? id}`);
    return undefined;
  }
  const sha1 = entry.hash === '' ? undefined : sha1Of(entry.hash);
  if (entry.hash === '') {
    findings.add('HASH_ABSENT', path ?? list, `the list has no hash for ${path ?? id}`);
  } else if (sha1 === undefined) {
    findings.add(
      'PKL_ENTRY',
      list,
      `the list has ${JSON.stringify(entry.hash)} for the hash of ${path ?? id}: no SHA-1`,
    );
  }
  return { id, path, size, sha1, mayBeComposition: mayBeComposition(entry), list };
}
