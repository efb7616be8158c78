import type { Torrent } from 'webtorrent';

const FIRST_MS = 5000;
const LONGEST_MS = 60_000;

/**
 * Asks the tracker again when nothing comes to a torrent that is not complete. webtorrent dials a lost peer three times only and a
 * tracker's own interval is many minutes; a restarted sender has to be found sooner, and so has a seed that came late and itself dials
 * nobody, also by receivers that are connected to each other.
 */
export class Reannounce {
  readonly #torrent: Torrent;
  readonly #meter: { readonly received: number };
  #pauseMs = FIRST_MS;
  #askedAt = performance.now();
  #received = 0;

  constructor(torrent: Torrent, meter: { readonly received: number }) {
    this.#torrent = torrent;
    this.#meter = meter;
  }

  /** Called once a second. */
  tick(): void {
    const now = performance.now();
    const { received } = this.#meter;
    const isMoving = received > this.#received;
    this.#received = received;
    if (this.#torrent.done || isMoving) {
      this.#pauseMs = FIRST_MS;
      this.#askedAt = now;
    } else if (now - this.#askedAt >= this.#pauseMs) {
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_MS);
      this.#askedAt = now;
      this.#torrent.discovery?.tracker?.update();
    }
  }
}
