import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BftError, notThere } from '../core/errors.ts';
import { walkDirectory } from '../disk/walk.ts';
import { checkCompositions, type CompositionSummary } from './check-compositions.ts';
import { type CheckProgress, checkContents, type HashCounts, type HashOf } from './check-contents.ts';
import { checkLeftovers } from './check-leftovers.ts';
import { checkLists, type ListSummary } from './check-lists.ts';
import { checkMap } from './check-map.ts';
import { type Finding, type FindingCode, Findings, type Verdict } from './findings.ts';
import type { Inspection } from './inspection.ts';
import { originalBeside } from './original.ts';
import { MAP_NAMES, type Standard } from './standards.ts';

export interface DcpCheckOptions {
  /** Absent: sizes are compared, no bytes. */
  readonly hashOf?: HashOf;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** What the check of a package found. Sizes in bytes. */
export interface DcpReport {
  readonly verdict: Verdict;
  /** '' when the map does not say it. */
  readonly standard: Standard | '';
  readonly annotation: string;
  /** Of the directory. */
  readonly files: number;
  readonly bytes: number;
  readonly hashes: HashCounts;
  readonly packinglists: readonly ListSummary[];
  readonly compositions: readonly CompositionSummary[];
  /** Errors first; at most 200 of each code. */
  readonly findings: readonly Finding[];
  /** How many there are, by code. */
  readonly counts: Readonly<Partial<Record<FindingCode, number>>>;
}

/**
 * Checks a DCP as far as a tool that moves them can: map, packing lists, sizes and SHA-1, what the compositions play. Essences are not looked into, nor
 * signatures and keys. What is wrong with the package is in the report. Undefined: no asset map is there. Throws SOURCE_MISSING, SOURCE_REFUSED
 * when there is no directory, and what the disk says when it cannot be listed.
 */
export async function checkDcp(
  path: string,
  { hashOf, signal, onProgress = () => {} }: DcpCheckOptions,
): Promise<DcpReport | undefined> {
  const directory = resolve(path);
  await refuseNone(directory);
  const findings = new Findings();
  const refused = new Set<string>();
  const { files: list, emptyDirectories } = await walkDirectory(directory, (entry, error) => {
    if (error.code === 'NAME_UNSAFE') findings.add('NAME_REFUSED', entry, error.message);
    else refused.add(entry);
  });
  const files = new Map(list.map(file => [file.path, file]));
  if (!MAP_NAMES.some(name => files.has(name))) return undefined;
  const inspection: Inspection = { directory, files, refused, findings, signal };
  const map = await checkMap(inspection);
  const lists = map ? await checkLists(inspection, map) : { assets: [], summaries: [], isWhole: false };
  const hashes = await checkContents(inspection, lists.assets, { hashOf, onProgress });
  const original = originalBeside(directory, signal);
  const compositions = map ? await checkCompositions(inspection, map, lists, original) : [];
  for (const entry of refused)
    findings.add('PATH_LINK', entry, `${entry} is a link or a special file: it is not followed`);
  if (map) checkLeftovers(inspection, map, lists, emptyDirectories);
  return {
    verdict: findings.verdict,
    standard: map?.standard ?? '',
    annotation: map?.annotation ?? '',
    files: files.size,
    bytes: list.reduce((sum, { size }) => sum + size, 0),
    hashes,
    packinglists: lists.summaries,
    compositions,
    findings: findings.all,
    counts: findings.counts,
  };
}

async function refuseNone(directory: string): Promise<void> {
  const info = await lstat(directory).catch(notThere);
  if (!info) throw new BftError('SOURCE_MISSING', `${directory} is not there`);
  if (!info.isDirectory()) throw new BftError('SOURCE_REFUSED', `${directory} is no directory`);
}
