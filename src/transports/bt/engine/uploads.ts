import type { Request, Torrent, Wire } from 'webtorrent';
import type { RateLimit } from './rate-limit.ts';

/** The longest block that may be asked for; all clients ask for 16 KiB. */
const LONGEST_BLOCK = 128 * 1024;
/** Bytes that are read ahead of what a connection takes: a peer that asks and does not read costs no more. */
const BACKLOG = 1024 * 1024;
/** Outstanding requests that we accept from one peer; we say so in the extended handshake. */
export const REQQ = 2000;

interface Components {
  readonly torrent: Torrent;
  readonly lengthOf: (piece: number) => number;
  readonly read: (piece: number, offset: number, length: number) => Promise<Uint8Array>;
  readonly limit: RateLimit;
}

/** What one peer has asked for. */
interface Queue {
  readonly wire: Wire;
  requests: Request[];
  /** Bytes that are being read for it. */
  reading: number;
  /** Requests that it should not have made, less those that it might. */
  refused: number;
}

/**
 * Serves the blocks that peers ask for, in turn, within a limit. Stands in for webtorrent's own way, which reads all that is asked for at once, and
 * answers into memory when the peer does not read.
 */
export class Uploads {
  readonly #components: Components;
  readonly #queues: Queue[] = [];
  /** A block waits for the limit; others come after it. */
  #isWaiting = false;

  constructor(components: Components) {
    this.#components = components;
  }

  start(): void {
    this.#components.torrent.on('wire', wire => this.#watch(wire));
  }

  #watch(wire: Wire): void {
    const queue: Queue = { wire, requests: [], reading: 0, refused: 0 };
    this.#queues.push(queue);
    wire._onRequest = (piece, offset, length) => this.#onRequest(queue, { piece, offset, length });
    wire._read = done => {
      this.#pump();
      done(null);
    };
    wire.once('close', () => this.#queues.splice(this.#queues.indexOf(queue), 1));
  }

  #onRequest(queue: Queue, request: Request): void {
    const { wire } = queue;
    const isRefused =
      wire.amChoking || wire.peerRequests.length >= REQQ || !this.#components.torrent.bitfield.get(request.piece);
    queue.refused = Math.max(0, queue.refused + (isRefused ? 1 : -1));
    // What it had asked for when it was choked may be refused, and no more.
    if (!this.#isBlock(request) || queue.refused > 2 * REQQ) return wire.destroy();
    if (isRefused) {
      if (wire.hasFast) wire.reject(request.piece, request.offset, request.length);
      return;
    }
    // What is cancelled or choked disappears from there.
    wire.peerRequests.push(request);
    if (queue.requests.length > 2 * REQQ) queue.requests = queue.requests.filter(each => isWanted(queue, each));
    queue.requests.push(request);
    this.#pump();
  }

  #isBlock({ piece, offset, length }: Request): boolean {
    const { torrent, lengthOf } = this.#components;
    const isPiece = piece >= 0 && piece < torrent.pieces.length;
    return isPiece && offset >= 0 && length > 0 && length <= LONGEST_BLOCK && offset + length <= lengthOf(piece);
  }

  #pump(): void {
    if (this.#isWaiting) return;
    for (let next = this.#next(); next; next = this.#isWaiting ? undefined : this.#next()) {
      const [queue, request] = next;
      this.#isWaiting = true;
      let isNow = true;
      this.#components.limit.take(request.length, () => {
        this.#isWaiting = false;
        void this.#serve(queue, request);
        if (!isNow) this.#pump();
      });
      isNow = false;
    }
  }

  /** The next block of the next peer that takes one. */
  #next(): [Queue, Request] | undefined {
    for (let turns = this.#queues.length; turns > 0; turns--) {
      const queue = this.#queues.shift()!;
      this.#queues.push(queue);
      if (queue.reading + queue.wire._readableState.buffered >= BACKLOG) continue;
      for (let request = queue.requests.shift(); request; request = queue.requests.shift()) {
        if (isWanted(queue, request)) return [queue, request];
      }
    }
    return undefined;
  }

  async #serve(queue: Queue, request: Request): Promise<void> {
    const { piece, offset, length } = request;
    const { wire } = queue;
    if (!isWanted(queue, request)) return;
    queue.reading += length;
    try {
      const bytes = await this.#components.read(piece, offset, length);
      if (takeBack(wire, request)) wire.piece(piece, offset, bytes);
    } catch {
      // The store has said why.
      if (takeBack(wire, request) && wire.hasFast) wire.reject(piece, offset, length);
    } finally {
      queue.reading -= length;
      this.#pump();
    }
  }
}

function isWanted({ wire }: Queue, request: Request): boolean {
  return wire.peerRequests.includes(request);
}

/** False when it was cancelled meanwhile. */
function takeBack({ peerRequests }: Wire, request: Request): boolean {
  const at = peerRequests.indexOf(request);
  // Nearly always; it is much cheaper.
  if (at === 0) peerRequests.shift();
  else if (at > 0) peerRequests.splice(at, 1);
  return at >= 0;
}
