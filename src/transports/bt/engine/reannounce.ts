import type { Torrent } from 'webtorrent';

const FIRST_MS = 5000;
const LONGEST_MS = 60_000;

/**
 * Asks the tracker again when a torrent that is not complete has nobody to fetch from. webtorrent dials a lost peer three times only
 * and a tracker's own interval is many minutes; a restarted sender has to be found sooner.
 */
export class Reannounce {
  readonly #torrent: Torrent;
  #pauseMs = FIRST_MS;
  #askedAt = performance.now();

  constructor(torrent: Torrent) {
    this.#torrent = torrent;
  }

  /** Called once a second. */
  tick(): void {
    const now = performance.now();
    if (this.#torrent.done || this.#torrent.wires.length > 0) {
      this.#pauseMs = FIRST_MS;
      this.#askedAt = now;
    } else if (now - this.#askedAt >= this.#pauseMs) {
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_MS);
      this.#askedAt = now;
      this.#torrent.discovery?.tracker?.update();
    }
  }
}
