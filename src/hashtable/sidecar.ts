import { Type } from 'typebox';
import { parseJson } from '../core/json.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import { validator } from '../core/validate.ts';
import { writeAfresh } from '../disk/durable.ts';
import { type FileState, stateOf } from '../disk/file-state.ts';
import type { HashRow } from './hash-table.ts';
import { appendLines, linesOf } from './lines.ts';

/** A file as it was when this node hashed it. */
export interface HashedFile extends HashRow, FileState {}

/** Bytes; below twice that it is not worth being compacted. */
const SMALL = 65_536;
/** Characters that are written at once. */
const BATCH = 65_536;

const number = Type.Number();
const checkEntry = validator(
  Type.Object({
    path: Type.String(),
    sha1: Type.String(),
    size: number,
    mtimeMs: number,
    ctimeMs: number,
    ino: number,
  }),
);

/**
 * What stands beside the hash table: lines of JSON, one for each file that this node hashed, only ever appended or all written anew. The last line of a
 * path counts. One that is damaged or lost costs a hashing, nothing more, and so does the whole file.
 */
export class Sidecar {
  readonly #path: () => string;
  readonly #lock = new KeyedLock();
  /** Bytes that were alive when it was last compacted; unknown before. */
  #alive = 0;

  constructor(path: () => string) {
    this.#path = path;
  }

  /** What stands here of these paths. */
  async find(paths: ReadonlySet<string>): Promise<Map<string, HashedFile>> {
    const found = new Map<string, HashedFile>();
    for await (const entry of this.#entries()) if (paths.has(entry.path)) found.set(entry.path, entry);
    return found;
  }

  /** Durable when it resolves. `rows` is the table as it stands: what it does not list may be forgotten. */
  async note(files: readonly HashedFile[], rows: () => AsyncIterable<HashRow>): Promise<void> {
    if (files.length === 0) return;
    await this.#lock.run(this.#path(), async () => {
      const size = await appendLines(this.#path(), files.map(lineOf));
      if (size > 2 * Math.max(this.#alive, SMALL)) await this.#compact(rows());
    });
  }

  /** Holds a path for every file that is noted, while it runs. */
  async #compact(rows: AsyncIterable<HashRow>): Promise<void> {
    const last = new Map<string, number>();
    let count = 0;
    for await (const { path } of this.#entries()) last.set(path, count++);
    const alive = new Set<number | undefined>();
    for await (const { path } of rows) alive.add(last.get(path));
    this.#alive = 0;
    await writeAfresh(this.#path(), this.#text(alive));
  }

  async *#text(alive: ReadonlySet<number | undefined>): AsyncGenerator<string> {
    let count = 0;
    let text = '';
    for await (const entry of this.#entries()) {
      if (!alive.has(count++)) continue;
      const line = lineOf(entry);
      this.#alive += Buffer.byteLength(line);
      text += line;
      if (text.length < BATCH) continue;
      yield text;
      text = '';
    }
    yield text;
  }

  async *#entries(): AsyncGenerator<HashedFile> {
    for await (const line of linesOf(this.#path())) {
      const entry = entryOf(line);
      if (entry) yield entry;
    }
  }
}

const lineOf = ({ path, sha1, ...state }: HashedFile): string =>
  `${JSON.stringify({ path, sha1, ...stateOf(state) })}\n`;

function entryOf(line: string): HashedFile | undefined {
  try {
    const result = checkEntry(parseJson(line));
    return result.problems.length === 0 ? (result as { value: HashedFile }).value : undefined;
  } catch {
    return undefined;
  }
}
