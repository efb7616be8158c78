import type { FileState } from '../disk/file-state.ts';

/** 40 hex digits, two blanks (or a blank and the asterisk of `sha1sum -b`), an absolute path (decision 28); before it the `\` of `sha1sum`, when the path is escaped, and the mark that editors of other systems put before the first line. */
const ROW = /^\uFEFF?(\\?)([0-9a-f]{40}) [ *](\/[^\0]*?)\r?$/s;
const SHA1 = /^[0-9a-f]{40}$/;

export interface HashRow {
  /** Hex. */
  readonly sha1: string;
  /** Absolute. */
  readonly path: string;
}

/** A file as it was when this node hashed it. */
export interface HashedFile extends HashRow, FileState {}

export function parseRow(line: string): HashRow | undefined {
  const [, escaped, sha1, text = ''] = ROW.exec(line) ?? [];
  const path = escaped ? unescaped(text) : text;
  return sha1 === undefined || path === undefined ? undefined : { sha1, path };
}

/** Undefined: a name with a line break, which has no place in the table, or nothing that `sha1sum` writes. */
function unescaped(text: string): string | undefined {
  const path = text.replaceAll(/\\(.?)/gs, (_, escaped) => (escaped === '\\' ? '\\' : '\n'));
  return path.includes('\n') ? undefined : path;
}

export const lineOf = ({ sha1, path }: HashRow): string => `${sha1}  ${path}\n`;

/** A line has no room for a newline, and nothing but a SHA-1 belongs before the blanks. */
export const fitsLine = ({ sha1, path }: HashRow): boolean => SHA1.test(sha1) && !/[\r\n\0]/.test(path);
