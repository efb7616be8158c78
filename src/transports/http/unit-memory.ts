import { unlessAborted } from '../../core/unless-aborted.ts';
import { SpareBuffers } from './spare-buffers.ts';

/** What a fetch may have alone beside its own unit is two thirds of it: three of the longest pieces that we make. */
const POOL_BYTES = 72 * 1024 * 1024;

/** What one fetch uses. A buffer may be used again by anybody when it was given back. */
export interface UnitShare {
  /** Waits until there is room: a connection that has none does not read on, and its source slows down. */
  take(bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer>;
  give(buffer: SharedArrayBuffer): void;
}

interface Usage {
  /** The one unit that every fetch may hold, whatever the others do. */
  own: SharedArrayBuffer | undefined;
  pooled: number;
}

interface Waiter {
  readonly usage: Usage;
  readonly bytes: number;
  readonly go: (buffer: SharedArrayBuffer) => void;
}

/**
 * Memory for units on their way from a source through the hash to the disk. Each fetch has room for one unit of its own and as
 * much of a common pool as leaves half of that to others: a source that trickles holds up its own fetch alone. All together is the pool and a unit per fetch.
 */
export class UnitMemory {
  readonly #waiting: Waiter[] = [];
  readonly #spare = new SpareBuffers();
  #pooled = 0;
  /** Buffers in use, bytes. */
  #out = 0;

  share(): UnitShare {
    const usage: Usage = { own: undefined, pooled: 0 };
    return {
      take: (bytes, signal) => this.#take(usage, bytes, signal),
      give: buffer => this.#give(usage, buffer),
    };
  }

  async #take(usage: Usage, bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<SharedArrayBuffer>();
    const waiter = { usage, bytes, go: resolve };
    this.#waiting.push(waiter);
    this.#serve();
    try {
      return await unlessAborted(promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at === -1) this.#give(usage, await promise);
      else {
        this.#waiting.splice(at, 1);
        this.#serve();
      }
      throw error;
    }
  }

  #give(usage: Usage, buffer: SharedArrayBuffer): void {
    const { byteLength } = buffer;
    this.#out -= byteLength;
    if (usage.own === buffer) usage.own = undefined;
    else {
      usage.pooled -= byteLength;
      this.#pooled -= byteLength;
    }
    this.#spare.give(buffer);
    this.#serve();
  }

  /** In turn within a fetch; one that has to wait does not hold up the others. */
  #serve(): void {
    const held = new Set<Usage>();
    for (const waiter of this.#waiting.slice()) {
      if (held.has(waiter.usage) || !this.#fits(waiter)) held.add(waiter.usage);
      else this.#hand(waiter);
    }
    this.#spare.keep(POOL_BYTES - this.#out);
  }

  #fits({ usage, bytes }: Waiter): boolean {
    return !usage.own || usage.pooled + bytes <= 2 * (POOL_BYTES - this.#pooled - bytes);
  }

  #hand(waiter: Waiter): void {
    const { usage, bytes, go } = waiter;
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    const buffer = this.#spare.take(bytes);
    this.#out += bytes;
    if (usage.own) {
      usage.pooled += bytes;
      this.#pooled += bytes;
    } else usage.own = buffer;
    go(buffer);
  }
}
