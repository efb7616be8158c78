const MIB = 1024 * 1024;
const FIRST = 4 * MIB;
const LEAST = MIB;
const MOST = 64 * MIB;
/** A request should take about this long: long enough that its round trip does not count, short enough that connections end together. */
const TARGET_MS = 4000;

/** How many bytes to ask for in one request, by how fast those before came. */
export class Pace {
  #bytes = FIRST;

  measured(bytes: number, ms: number): void {
    const wanted = (bytes / Math.max(ms, 1)) * TARGET_MS;
    this.#bytes = Math.min(Math.max((this.#bytes + wanted) / 2, LEAST), MOST);
  }

  /** Near the end the rest is shared out among the connections. */
  next(left: number, connections: number): number {
    return Math.min(this.#bytes, Math.max(left / connections, LEAST));
  }
}
