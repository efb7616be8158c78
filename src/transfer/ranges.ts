/** Bytes of one file: ranges [start, end), sorted, merged where they touch. */
export class Ranges {
  /** Start and end of each range in turn: an even index starts one, an odd index ends it. */
  readonly #edges: number[];
  #bytes: number;

  constructor(other?: Ranges) {
    this.#edges = other ? [...other.#edges] : [];
    this.#bytes = other?.bytes ?? 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** End of the last range; 0 when there is none. */
  get end(): number {
    return this.#edges.at(-1) ?? 0;
  }

  /** How many of the bytes [start, end) were not there before. */
  add(start: number, end: number): number {
    const added = end - start - this.overlap(start, end);
    if (added === 0) return 0;
    const [from, to] = [this.#below(start), this.#upTo(end)];
    this.#edges.splice(from, to - from, ...(isOutside(from) ? [start] : []), ...(isOutside(to) ? [end] : []));
    this.#bytes += added;
    return added;
  }

  /** How many of the bytes [start, end) were there before. */
  remove(start: number, end: number): number {
    const removed = this.overlap(start, end);
    if (removed === 0) return 0;
    const [from, to] = [this.#below(start), this.#upTo(end)];
    this.#edges.splice(from, to - from, ...(isOutside(from) ? [] : [start]), ...(isOutside(to) ? [] : [end]));
    this.#bytes -= removed;
    return removed;
  }

  /** Drops what the other set does not have. */
  keepOnly(other: Ranges): void {
    let at = 0;
    for (const [start, end] of other) {
      this.remove(at, start);
      at = end;
    }
    this.remove(at, Math.max(at, this.end));
  }

  covers(start: number, end: number): boolean {
    const next = this.#upTo(start);
    return start >= end || (!isOutside(next) && (this.#edges[next] ?? 0) >= end);
  }

  /** How many of the bytes [start, end) are there. */
  overlap(start: number, end: number): number {
    let bytes = 0;
    for (let index = this.#below(start) & ~1; (this.#edges[index] ?? end) < end; index += 2) {
      bytes += Math.max(0, Math.min(end, this.#edges[index + 1] ?? 0) - Math.max(start, this.#edges[index] ?? 0));
    }
    return bytes;
  }

  *[Symbol.iterator](): Generator<readonly [start: number, end: number]> {
    for (let index = 0; index < this.#edges.length; index += 2)
      yield [this.#edges[index] ?? 0, this.#edges[index + 1] ?? 0];
  }

  /** How many edges lie before `position`. */
  #below(position: number): number {
    return this.#search(edge => edge < position);
  }

  /** How many edges lie before or at `position`. */
  #upTo(position: number): number {
    return this.#search(edge => edge <= position);
  }

  #search(isBefore: (edge: number) => boolean): number {
    let [low, high] = [0, this.#edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#edges[middle] ?? 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** After an even number of edges no range is open. */
const isOutside = (edges: number) => edges % 2 === 0;
