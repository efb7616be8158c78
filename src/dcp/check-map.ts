import { assetMap, type MapEntry, pathInPackage } from './asset-map.ts';
import { type Inspection, readPart } from './inspection.ts';
import { MAP_NAME, MAP_NAMES, MAP_NAMESPACES, type Standard, uuidOf, VOLUME_NAME } from './standards.ts';
import { textOf } from './xml-reader.ts';

/** Where the package's assets are. */
export interface CheckedMap {
  readonly file: string;
  readonly standard: Standard;
  readonly annotation: string;
  /** Path by UUID; undefined when it cannot be said. */
  readonly paths: ReadonlyMap<string, string | undefined>;
  /** UUIDs of the packing lists. */
  readonly lists: readonly string[];
}

/** The map's own rules (SMPTE 429-9). Undefined when nothing more can be said of the package. */
export async function checkMap(inspection: Inspection): Promise<CheckedMap | undefined> {
  const { files, findings } = inspection;
  const names = MAP_NAMES.filter(name => files.has(name));
  const [file = ''] = names;
  if (names.length > 1) findings.add('MAP_TWICE', '', `there are two maps: ${names.join(' and ')}`);
  const read = await readPart(inspection, file, assetMap, MAP_NAMESPACES);
  if (!read) return undefined;
  const { root, records, standard } = read;
  if (!standard) {
    findings.add('NAMESPACE_UNKNOWN', file, `the map's namespace is ${JSON.stringify(root.namespace)}`);
    return undefined;
  }
  if (file !== MAP_NAME[standard]) {
    findings.add('MAP_NAME', file, `a map of ${standard} is named ${MAP_NAME[standard]}, not ${file}`);
  }
  const volumes = textOf(root, 'VolumeCount');
  if (volumes !== '1') findings.add('VOLUMES', file, `the package has ${volumes || 'no number of'} volumes, not 1`);
  if (!files.has(VOLUME_NAME[standard])) {
    findings.add('VOLUME_INDEX_MISSING', '', `${VOLUME_NAME[standard]} is not there`);
  }
  return { file, standard, annotation: textOf(root, 'AnnotationText'), ...entriesOf(inspection, file, records) };
}

function entriesOf(inspection: Inspection, file: string, entries: readonly MapEntry[]) {
  const { findings } = inspection;
  const paths = new Map<string, string | undefined>();
  const ids = new Map<string, string>();
  const lists: string[] = [];
  for (const entry of entries) {
    const id = uuidOf(entry.id);
    const path = placeOf(inspection, file, entry);
    if (id === undefined) {
      findings.add('ID_INVALID', file, `the map has ${JSON.stringify(entry.id)} for an id: no urn:uuid:…`);
      continue;
    }
    if (paths.has(id)) findings.add('ID_TWICE', file, `the map has the id ${id} more than once`);
    else paths.set(id, path);
    if (entry.isPackingList) lists.push(id);
    if (path === undefined) continue;
    const other = ids.get(path);
    if (other !== undefined && other !== id) findings.add('PATH_TWICE', path, `${path} has the ids ${other} and ${id}`);
    ids.set(path, id);
  }
  if (lists.length === 0) findings.add('PKL_NONE', file, 'the map names no packing list');
  return { paths, lists: [...new Set(lists)] };
}

/** The path of an asset that is one whole file. */
function placeOf({ files, findings }: Inspection, file: string, { id, chunks }: MapEntry): string | undefined {
  const [chunk] = chunks;
  if (!chunk || chunks.length > 1) {
    findings.add('CHUNKS', file, `the asset ${id} is in ${chunks.length} chunks, not in 1`);
    return undefined;
  }
  if (!['', '0'].includes(chunk.offset)) {
    findings.add('CHUNK_OFFSET', file, `the asset ${id} begins at ${chunk.offset} of its file, not at 0`);
    return undefined;
  }
  if (!['', '1'].includes(chunk.volume)) {
    findings.add('VOLUMES', file, `the asset ${id} is on volume ${chunk.volume}`);
    return undefined;
  }
  const place = pathInPackage(chunk.path);
  if ('why' in place) {
    findings.add(
      'PATH_REFUSED',
      file,
      `the path ${JSON.stringify(chunk.path)} of the asset ${id} is refused: ${place.why}`,
    );
    return undefined;
  }
  const path = files.has(place.path) ? place.path : (decoded(place.path, files) ?? place.path);
  const size = files.get(path)?.size;
  if (size !== undefined && chunk.length !== '' && chunk.length !== String(size)) {
    findings.add('CHUNK_LENGTH', path, `${path} has ${size} bytes; the map says ${chunk.length}`);
  }
  return path;
}

/** Paths are addresses: some makers encode them. */
function decoded(path: string, files: ReadonlyMap<string, unknown>): string | undefined {
  try {
    const place = pathInPackage(decodeURIComponent(path));
    return 'path' in place && files.has(place.path) ? place.path : undefined;
  } catch {
    return undefined;
  }
}
