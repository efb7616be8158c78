import { appendFile, open, readFile } from 'node:fs/promises';
import { METHODS, type Method, type Source, SOURCES } from '../core/method.ts';
import { notThere } from '../core/errors.ts';
import { writeDurable } from '../disk/durable.ts';
import type { Counted } from './meter.ts';

/** [start, end) in a file. */
export type Span = readonly [start: number, end: number];

/**
 * One line of the journal. `written`: bytes that were verified and written, but not yet known to be on disk. `durable`: bytes that are. `owner`: these
 * files are that method's from now on. `counted`: what the methods have moved so far; the last one counts.
 */
export type Entry =
  | { readonly written: string; readonly spans: readonly Span[] }
  | { readonly durable: string; readonly source: Source; readonly spans: readonly Span[] }
  | { readonly owner: Method; readonly files: readonly string[] }
  | { readonly counted: Readonly<Partial<Record<Source, Counted>>> };

/** The file in which a ledger lives: lines of JSON that are only ever appended, or all written anew. */
export class LedgerJournal {
  readonly path: string;
  #size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes appended since the file was written anew. */
  get size(): number {
    return this.#size;
  }

  /** A line that cannot be read costs its bytes a second transfer, nothing more; what follows the last newline was torn by a crash. */
  async read(): Promise<Entry[]> {
    const text = (await readFile(this.path, 'utf8').catch(notThere)) ?? '';
    return text.split('\n').slice(0, -1).flatMap(parseLine);
  }

  /** Appends; a process that is killed loses nothing of it, a power cut may. */
  async note(entries: readonly Entry[]): Promise<void> {
    const text = entries.map(line).join('');
    this.#size += text.length;
    await appendFile(this.path, text);
  }

  /** Appends durably. */
  async append(entries: readonly Entry[]): Promise<void> {
    const handle = await open(this.path, 'a');
    try {
      const text = entries.map(line).join('');
      this.#size += text.length;
      await handle.appendFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  async rewrite(entries: Iterable<Entry>): Promise<void> {
    await writeDurable(this.path, Array.from(entries, line).join(''));
    this.#size = 0;
  }
}

const line = (entry: Entry) => `${JSON.stringify(entry)}\n`;

/** Reads one line of the journal; none when it is damaged. */
export function parseLine(text: string): Entry[] {
  try {
    const entry = JSON.parse(text) as Record<string, unknown> | null;
    return entry && isEntry(entry) ? [entry as Entry] : [];
  } catch {
    return [];
  }
}

function isEntry({ written, durable, source, spans, owner, files, counted }: Record<string, unknown>): boolean {
  if (METHODS.some(known => known === owner))
    return Array.isArray(files) && files.every(file => typeof file === 'string');
  if (typeof counted === 'object' && counted !== null) return Object.entries(counted).every(isCounted);
  if (!Array.isArray(spans) || !spans.every(isSpan)) return false;
  return typeof written === 'string' || (typeof durable === 'string' && SOURCES.some(known => known === source));
}

function isSpan(span: unknown): span is Span {
  return Array.isArray(span) && span.length === 2 && span.every(isBytes) && Number(span[0]) <= Number(span[1]);
}

function isCounted([source, value]: [string, unknown]): boolean {
  const { received, wasted, sources } = (value ?? {}) as Record<string, unknown>;
  const isKnown = SOURCES.some(known => known === source) && isBytes(received) && isBytes(wasted);
  return isKnown && typeof sources === 'object' && sources !== null && Object.values(sources).every(isSource);
}

function isSource(value: unknown): boolean {
  const { bytes, wasted } = (value ?? {}) as Record<string, unknown>;
  return isBytes(bytes) && isBytes(wasted);
}

const isBytes = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
