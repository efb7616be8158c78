import type { Request, Torrent, Wire } from 'webtorrent';
import type { RequestGate } from './request-gate.ts';

const BLOCK = 16 * 1024;
const STALLED_MS = 5000;

/**
 * webtorrent has no end-game: a peer that went silent with the last blocks would hold them for 30 s. When nothing else is left to ask
 * for, blocks that a silent peer owes become free for the others.
 */
export class Stalls implements RequestGate {
  readonly #torrent: Torrent;
  /** When the peer last sent something or owed nothing, monotonic ms. */
  readonly #alive = new WeakMap<Wire, number>();
  readonly #freed = new WeakSet<Request>();

  constructor(torrent: Torrent) {
    this.#torrent = torrent;
    torrent.on('wire', wire => {
      wire.on('download', () => this.#alive.set(wire, performance.now()));
    });
  }

  /** Called once a second. */
  tick(isEndgame: boolean): void {
    const { wires, done } = this.#torrent;
    if (done) return;
    for (const wire of wires) if (wire.requests.length === 0) this.#alive.set(wire, performance.now());
    if (!isEndgame) return;
    const owed = wires.filter(wire => this.#isStalled(wire)).flatMap(wire => wire.requests);
    const fresh = owed.filter(request => !this.#freed.has(request));
    for (const request of fresh) {
      this.#freed.add(request);
      this.#torrent.pieces[request.piece]?.cancel(Math.floor(request.offset / BLOCK));
    }
    if (fresh.length > 0) this.#torrent._update();
  }

  allows(wire: Wire): boolean {
    return wire.requests.length === 0 || !this.#isStalled(wire);
  }

  requested(): void {}

  #isStalled(wire: Wire): boolean {
    return performance.now() - (this.#alive.get(wire) ?? performance.now()) > STALLED_MS;
  }
}
