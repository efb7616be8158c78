import { BftError } from '../core/errors.ts';

const SUFFIX = '.task.json';
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 3000;
const MAX_DEPTH = 64;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

function refuse(name: string, why: string): never {
  throw new BftError('NAME_UNSAFE', `unsafe name ${JSON.stringify(name.slice(0, 200))}: ${why}`);
}

/** Checks one name: of a package, a sub-directory, a file. Throws NAME_UNSAFE (faults.md, hostile input 5). */
export function checkSegment(name: string): string {
  if (name === '' || name === '.' || name === '..') refuse(name, 'empty, "." or ".."');
  if (name.includes('/')) refuse(name, 'contains /');
  if (FORBIDDEN.test(name)) refuse(name, 'contains a control character or a backslash');
  if (!name.isWellFormed()) refuse(name, 'is not valid Unicode');
  if (Buffer.byteLength(name) > MAX_SEGMENT_BYTES) refuse(name, `is longer than ${MAX_SEGMENT_BYTES} bytes`);
  return name;
}

/** Checks a relative path of a file inside a package. Throws NAME_UNSAFE. */
export function checkRelativePath(path: string): string {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) refuse(path, `is longer than ${MAX_PATH_BYTES} bytes`);
  const segments = path.split('/');
  if (segments.length > MAX_DEPTH) refuse(path, `is deeper than ${MAX_DEPTH} directories`);
  for (const segment of segments) checkSegment(segment);
  return path;
}

/** Checks all paths of a package together: no duplicates, also not by case or Unicode form, and no file that is another's directory. */
export function checkPaths(paths: readonly string[]): void {
  const folded = paths.map(path => {
    // NUL cannot be in a name and sorts before all else: what lies in a directory comes straight after it.
    const key = checkRelativePath(path).normalize('NFC').toLowerCase().replaceAll('/', '\0');
    return { path, key };
  });
  folded.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1));
  for (const [index, { path, key }] of folded.entries()) {
    const next = folded[index + 1];
    if (next?.key === key) refuse(next.path, `collides with ${JSON.stringify(path)}`);
    if (next?.key.startsWith(`${key}\0`)) refuse(path, 'is a file and a directory');
  }
}

/** `<basesubdir>-<name>.task.json` (BD-01, C-32). */
export function taskFileName(basesubdir: string, name: string): string {
  return checkSegment(`${basesubdir}-${name}${SUFFIX}`);
}

/** Checks the name of a package. Endings that mean something beside a package in the storage are refused, hidden names too. */
export function checkPackageName(name: string): string {
  checkSegment(name);
  if (name.startsWith('.')) refuse(name, 'a package is not hidden');
  for (const ending of ['.torrent', '.finished', '-tmp']) {
    if (name.endsWith(ending)) refuse(name, `a package is not named …${ending}`);
  }
  return name;
}

/** Checks the bare name of a task file as callers give it. Throws NAME_UNSAFE. */
export function checkTaskFileName(name: string): string {
  checkSegment(name);
  if (!name.endsWith(SUFFIX) || name.length === SUFFIX.length || name.startsWith('.')) {
    refuse(name, `a task file is named <basesubdir>-<name>${SUFFIX}`);
  }
  return name;
}
