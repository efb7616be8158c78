import { BftError } from '../core/errors.ts';

const SUFFIX = '.task.json';
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 3000;
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
  for (const segment of path.split('/')) checkSegment(segment);
  return path;
}

/** Checks all paths of a package together: no duplicates, also not by case or Unicode form, and no file that is another's directory. */
export function checkPaths(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  const directories = new Set<string>();
  for (const path of paths) {
    checkRelativePath(path);
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) refuse(path, `collides with ${JSON.stringify(other)}`);
    seen.set(folded, path);
    for (let at = folded.indexOf('/'); at >= 0; at = folded.indexOf('/', at + 1)) directories.add(folded.slice(0, at));
  }
  for (const [folded, path] of seen) if (directories.has(folded)) refuse(path, 'is a file and a directory');
}

/** `<basesubdir>-<name>.task.json` (BD-01, C-32). */
export function taskFileName(basesubdir: string, name: string): string {
  return checkSegment(`${basesubdir}-${name}${SUFFIX}`);
}

/** Checks the bare name of a task file as callers give it. Throws NAME_UNSAFE. */
export function checkTaskFileName(name: string): string {
  checkSegment(name);
  if (!name.endsWith(SUFFIX) || name.length === SUFFIX.length || name.startsWith('.')) {
    refuse(name, `a task file is named <basesubdir>-<name>${SUFFIX}`);
  }
  return name;
}
