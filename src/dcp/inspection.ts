import { join } from 'node:path';
import type { PackageFile } from '../disk/walk.ts';
import type { FindingCode, Findings } from './findings.ts';
import { readDocument } from './read-document.ts';
import type { Standard } from './standards.ts';
import { childrenOf, type DocumentKind, type XmlDocument, type XmlElement, XmlFault } from './xml-reader.ts';

/** A package that is being checked: what is in its directory, and what was found so far. */
export interface Inspection {
  readonly directory: string;
  /** Regular files, by path. */
  readonly files: ReadonlyMap<string, PackageFile>;
  /** Paths of links and special files. */
  readonly refused: ReadonlySet<string>;
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

export interface ReadPart<R> extends XmlDocument<R> {
  /** Undefined: the namespace is not known. */
  readonly standard: Standard | undefined;
}

/** Reads a document of the package. Undefined when it cannot be read, which is a finding but for the codes that the caller expects. */
export async function readPart<R>(
  { directory, files, findings, signal }: Inspection,
  file: string,
  kind: DocumentKind<R>,
  namespaces: ReadonlyMap<string, Standard>,
  expected: readonly FindingCode[] = [],
): Promise<ReadPart<R> | undefined> {
  const listed = files.get(file);
  if (!listed) return undefined;
  try {
    const document = await readDocument(join(directory, file), listed, kind, signal);
    return { ...document, standard: namespaces.get(document.root.namespace) };
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    if (!expected.includes(error.code)) findings.add(error.code, file, `${file} is not read: ${error.message}`);
    return undefined;
  }
}

/** Tells of a file that is not there. Of a link in its place the check tells anyway. */
export function reportAbsent({ refused, findings }: Inspection, path: string, who: string): void {
  const isLink = [...ancestors(path)].some(part => refused.has(part));
  if (!isLink) findings.add('FILE_MISSING', path, `${path} is not there; ${who}`);
}

function* ancestors(path: string): Generator<string> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
  yield path;
}

const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';

/** Whether there is a signature; whether it is right is not looked at. */
export function isSigned(root: XmlElement): boolean {
  return childrenOf(root, 'Signature').some(({ namespace }) => namespace === SIGNATURE);
}
