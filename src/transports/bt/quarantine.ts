/** One torrent may be unlucky once or twice. */
const MOST_ENDS = 3;

/**
 * Finds the torrent that ends every engine process that opens it. Those that were being opened when a process ended are suspects; the next processes
 * open suspects one at a time, so that only the culprit stays one.
 */
export class Quarantine {
  readonly #opening = new Set<string>();
  /** Suspects, and how many processes in a row ended while they opened them. */
  readonly #ends = new Map<string, number>();
  /** The suspect that the engine was given. */
  #turn: string | undefined;

  /** Suspects that may be given to an engine, the next one first. */
  get suspects(): readonly string[] {
    return [...this.#ends.keys()];
  }

  /** Whether the engine may be given the torrent now; a suspect waits until no other one is opened. */
  mayOpen(infoHash: string): boolean {
    if (!this.#ends.has(infoHash)) return true;
    this.#turn ??= infoHash;
    return this.#turn === infoHash;
  }

  /** The engine begins to open the torrent. */
  opening(infoHash: string): void {
    this.#opening.add(infoHash);
  }

  /** It has opened or refused it, or was told to remove it. */
  settled(infoHash: string): void {
    this.#opening.delete(infoHash);
    this.#ends.delete(infoHash);
    if (this.#turn === infoHash) this.#turn = undefined;
  }

  /** It was given up; should it be tried again, once is enough. */
  shut(infoHash: string): void {
    this.#ends.set(infoHash, MOST_ENDS - 1);
  }

  /** An engine process ended. Returns the torrents that no other one is to be given. */
  engineEnded(): string[] {
    for (const infoHash of this.#opening) this.#ends.set(infoHash, (this.#ends.get(infoHash) ?? 0) + 1);
    this.#opening.clear();
    this.#turn = undefined;
    return [...this.#ends].filter(([, ends]) => ends >= MOST_ENDS).map(([infoHash]) => infoHash);
  }
}
