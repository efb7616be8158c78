import type { HashStep } from './hash-worker.ts';

/** Bytes of the package that are hashed in a row of streams: the pieces of a torrent, or the files one after the other. */
export interface Row {
  readonly name: string;
  /** Where the row's bytes stand in the package, in order: [start, end) in package offsets, not overlapping, not empty. */
  readonly spans: readonly { start: number; end: number }[];
  /** Length of the n-th stream; together they are as long as the spans. */
  readonly streamLength: (index: number) => number;
  /** Streams that need no hashing. */
  readonly isKnown?: (index: number) => boolean;
}

/** Streams of `unit` bytes over the whole row; the last one may be shorter. */
export function pieceRow(name: string, spans: Row['spans'], unit: number): Row {
  const total = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  return { name, spans, streamLength: index => Math.min(unit, total - index * unit) };
}

/** One stream per span. */
export function spanRow(name: string, spans: Row['spans']): Row {
  return { name, spans, streamLength: index => (spans[index]?.end ?? 0) - (spans[index]?.start ?? 0) };
}

/** The cursor of one row while the package is read once from front to back. */
export class RowCursor {
  readonly #row: Row;
  #span = 0;
  #stream = 0;
  /** Bytes of the present stream that were handed out. */
  #done = 0;

  constructor(row: Row) {
    this.#row = row;
  }

  /** The steps that the block of package bytes [from, to) means for this row. Blocks come in order, without gaps. */
  steps(from: number, to: number): HashStep[] {
    const steps: HashStep[] = [];
    for (; this.#span < this.#row.spans.length; this.#span++) {
      const span = this.#row.spans[this.#span];
      if (!span || span.start >= to) break;
      this.#cut(Math.max(span.start, from) - from, Math.min(span.end, to) - from, steps);
      if (span.end > to) break;
    }
    return steps;
  }

  #cut(start: number, end: number, steps: HashStep[]): void {
    for (let at = start; at < end; ) {
      const left = this.#row.streamLength(this.#stream) - this.#done;
      const length = Math.min(left, end - at);
      const close = length === left;
      if (!this.#row.isKnown?.(this.#stream))
        steps.push({ stream: `${this.#row.name}:${this.#stream}`, start: at, end: at + length, close });
      this.#done = close ? 0 : this.#done + length;
      if (close) this.#stream += 1;
      at += length;
    }
  }
}
