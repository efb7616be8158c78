import type { CheckedLists, PackedAsset } from './check-lists.ts';
import type { CheckedMap } from './check-map.ts';
import { composition, type Reference } from './composition.ts';
import { type Inspection, isSigned, readPart } from './inspection.ts';
import type { FindOriginal } from './original.ts';
import { sha1Of } from './packing-list.ts';
import { CPL_NAMESPACES, uuidOf } from './standards.ts';
import { childrenOf, textOf } from './xml-reader.ts';

/** Of the assets that a composition lacks, so many are named. */
const NAMED = 100;

/** So many files of a package are read for being a composition. */
const MOST = 1000;

/** A composition as a report tells of it. */
export interface CompositionSummary {
  readonly file: string;
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly reels: number;
  /** There is a signature; it is not verified. */
  readonly signed: boolean;
  /** It needs a key (KDM). */
  readonly encrypted: boolean;
  /** Ids of assets that it plays and that are not in this package: the first hundred. */
  readonly missing: readonly string[];
  /** The original version that has them, '' when it is not known from here. */
  readonly ov: string;
}

interface Shelf {
  readonly inspection: Inspection;
  readonly map: CheckedMap;
  readonly packed: ReadonlyMap<string, readonly PackedAsset[]>;
  /** All packing lists could be read. */
  readonly isWhole: boolean;
  readonly findOriginal: FindOriginal;
}

/** What the compositions play (SMPTE 429-7) is here and is what the packing lists say; what is not here makes another package necessary. */
export async function checkCompositions(
  inspection: Inspection,
  map: CheckedMap,
  { assets, isWhole }: CheckedLists,
  findOriginal: FindOriginal,
): Promise<CompositionSummary[]> {
  const shelf = { inspection, map, packed: Map.groupBy(assets, ({ id }) => id), isWhole, findOriginal };
  const summaries: CompositionSummary[] = [];
  const candidates = new Set(assets.flatMap(asset => (asset.mayBeComposition ? (asset.path ?? []) : [])));
  for (const [index, file] of [...candidates].entries()) {
    if (index === MOST) {
      const text = `${file} is not read: the package has more than ${MOST} files that may be compositions`;
      inspection.findings.add('XML_LIMIT', file, text);
      break;
    }
    const summary = await checkComposition(shelf, file);
    if (summary) summaries.push(summary);
  }
  if (summaries.length === 0) inspection.findings.add('CPL_NONE', '', 'the packing lists have no composition (CPL)');
  return summaries;
}

async function checkComposition(shelf: Shelf, file: string): Promise<CompositionSummary | undefined> {
  const { inspection, map, findOriginal } = shelf;
  const { findings } = inspection;
  // Subtitles of Interop are XML, too.
  const read = await readPart(inspection, file, composition, CPL_NAMESPACES, ['ROOT_UNKNOWN']);
  if (!read) return undefined;
  const { root, records, standard } = read;
  if (!standard) {
    findings.add(
      'CPL_UNKNOWN',
      file,
      `what it plays is not looked at: its namespace is ${JSON.stringify(root.namespace)}`,
    );
  } else if (standard !== map.standard) {
    findings.add('STANDARDS_MIXED', file, `the composition is of ${standard}, the map of ${map.standard}`);
  }
  const references = standard ? records.filter(({ isFile }) => isFile) : [];
  const missing = new Set(references.flatMap(reference => missed(shelf, file, reference)));
  const title = textOf(root, 'ContentTitleText') || textOf(root, 'AnnotationText');
  const original = missing.size > 0 ? await findOriginal(missing) : undefined;
  if (missing.size > 0) {
    const found = original ? `they are in ${JSON.stringify(original)}` : 'no package beside this one has them';
    const text = `${JSON.stringify(title)} plays ${missing.size} assets that are not in this package: OV required; ${found}`;
    findings.add(
      'OV_REQUIRED',
      file,
      `${text} (${[...missing].slice(0, 3).join(', ')}${missing.size > 3 ? ', …' : ''})`,
    );
  }
  return {
    file,
    id: uuidOf(textOf(root, 'Id')) ?? '',
    title,
    kind: textOf(root, 'ContentKind'),
    reels: childrenOf(root, 'ReelList').flatMap(list => childrenOf(list, 'Reel')).length,
    signed: isSigned(root),
    encrypted: references.some(({ isEncrypted }) => isEncrypted),
    missing: [...missing].slice(0, NAMED),
    ov: original ?? '',
  };
}

/** The id of what is played and is not here, in a list. */
function missed({ inspection, map, packed, isWhole }: Shelf, file: string, reference: Reference): string[] {
  const { findings } = inspection;
  const { id: text, kind, hash } = reference;
  const id = uuidOf(text);
  if (id === undefined) {
    findings.add('ID_INVALID', file, `${kind} has ${JSON.stringify(text)} for an id: no urn:uuid:…`);
    return [];
  }
  const assets = packed.get(id);
  if (!assets) {
    if (!map.paths.has(id)) return [id];
    if (isWhole) findings.add('CPL_UNLISTED', file, `${kind} ${id} is in the map, but in no packing list`);
    return [];
  }
  const claimed = sha1Of(hash);
  const other = assets.find(({ sha1 }) => sha1 !== undefined && claimed !== undefined && sha1 !== claimed);
  if (other) {
    findings.add(
      'CPL_HASH',
      file,
      `for ${kind} ${id} the composition says SHA-1 ${claimed}, ${other.list} says ${other.sha1}`,
    );
  }
  return [];
}
