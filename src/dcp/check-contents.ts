import { asBftError, errno } from '../core/errors.ts';
import type { PackageFile } from '../disk/walk.ts';
import type { PackedAsset } from './check-lists.ts';
import { type Inspection, reportAbsent } from './inspection.ts';

/**
 * SHA-1 of a file of the package, hex; undefined: it is not known and is not to be read. `onBytes` is told of what was read. Rejects with what the
 * disk says, with ESTALE for a file that is not what it was when it was listed.
 */
export type HashOf = (
  file: PackageFile,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
) => Promise<string | undefined>;

/** `bytes` of `total` are hashed; `file` is what is being hashed. */
export interface CheckProgress {
  readonly bytes: number;
  readonly total: number;
  readonly file: string;
}

export interface ContentRules {
  readonly hashOf: HashOf | undefined;
  readonly onProgress: (progress: CheckProgress) => void;
}

/** How many files were held against the hash of their packing list, and how many were not. */
export interface HashCounts {
  readonly checked: number;
  readonly unchecked: number;
}

/** Size, then SHA-1 of every file that a packing list has. A file is hashed once, however many lists have it. */
export async function checkContents(
  inspection: Inspection,
  assets: readonly PackedAsset[],
  { hashOf, onProgress }: ContentRules,
): Promise<HashCounts> {
  const wanted = new Map<PackageFile, PackedAsset[]>();
  for (const asset of assets) {
    const file = sized(inspection, asset);
    if (!file || asset.sha1 === undefined) continue;
    const claims = wanted.get(file);
    if (claims) claims.push(asset);
    else wanted.set(file, [asset]);
  }
  const total = [...wanted.keys()].reduce((sum, { size }) => sum + size, 0);
  let [bytes, checked, unchecked] = [0, 0, 0];
  for (const [file, claims] of wanted) {
    onProgress({ bytes, total, file: file.path });
    const before = bytes;
    const sha1 = await hashed(inspection, file, hashOf, more => {
      bytes = Math.min(before + file.size, bytes + more);
      onProgress({ bytes, total, file: file.path });
    });
    bytes = before + file.size;
    if (sha1 === undefined) unchecked += 1;
    else {
      checked += 1;
      compare(inspection, file, sha1, claims);
    }
  }
  if (unchecked > 0) inspection.findings.add('HASH_UNCHECKED', '', `the bytes of ${unchecked} files were not compared`);
  return { checked, unchecked };
}

/** The file of an asset, when it is there and has its size. */
function sized(inspection: Inspection, { path, size, list }: PackedAsset): PackageFile | undefined {
  if (path === undefined) return undefined;
  const file = inspection.files.get(path);
  if (!file) reportAbsent(inspection, path, `${list} has it`);
  if (!file || file.size === size) return file;
  inspection.findings.add('SIZE_DIFFERS', path, `${path} has ${file.size} bytes; ${list} says ${size}`);
  return undefined;
}

async function hashed(
  { findings, signal }: Inspection,
  file: PackageFile,
  hashOf: HashOf | undefined,
  onBytes: (bytes: number) => void,
): Promise<string | undefined> {
  try {
    return await hashOf?.(file, signal, onBytes);
  } catch (error) {
    signal.throwIfAborted();
    const { path } = file;
    // What the system does not say of the file is a defect of ours.
    if (!/^E[A-Z0-9]+$/.test(errno(error) ?? '')) throw error;
    if (errno(error) === 'ESTALE') findings.add('FILE_CHANGED', path, `${path} changed during the check`);
    else findings.add('FILE_UNREADABLE', path, asBftError(error, 'SOURCE_UNREADABLE', path).message);
    return undefined;
  }
}

function compare({ findings }: Inspection, { path }: PackageFile, sha1: string, claims: readonly PackedAsset[]): void {
  for (const claim of claims) {
    if (claim.sha1 === sha1) continue;
    findings.add('HASH_DIFFERS', path, `${path} has the SHA-1 ${sha1}; ${claim.list} says ${claim.sha1}`);
  }
}
