import { basename } from 'node:path';

/** Leaves room in the 255 bytes of a file name for what the daemon puts around it (`cfec-001-….task.json`). */
const MAX_BYTES = 180;

/** The package's name for a folder: its base name, with everything but letters, digits, blanks and `._-` replaced. */
export function packageName(folder: string): string {
  const safe = basename(folder)
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{M}\p{N}._ -]/gu, '_')
    .trim()
    .replace(/^\.+/, '_');
  return truncate(safe === '' ? 'package' : safe);
}

function truncate(name: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    kept += character;
  }
  return kept;
}
