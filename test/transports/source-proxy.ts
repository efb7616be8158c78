import type { IncomingMessage, ServerResponse } from 'node:http';
import { ForwardingProxy } from './forwarding-proxy.ts';

const FLIP_EVERY = 1000;

/** Stands before a real server: counts what it gives, flips bits in it, and holds it back half-way, on demand. */
export class SourceProxy extends ForwardingProxy {
  #bytes = 0;
  #isLying = false;
  #limit = Infinity;
  #released = Promise.withResolvers<void>();

  /** Bytes of bodies that were answered to GETs since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  lie(isLying: boolean): void {
    this.#isLying = isLying;
  }

  /** Gives this many bytes more, then keeps everyone waiting until `release`. */
  holdAfter(bytes: number): void {
    this.#limit = this.#bytes + bytes;
  }

  release(): void {
    this.#limit = Infinity;
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  override async stop(): Promise<void> {
    this.release();
    await super.stop();
  }

  protected async *spoil(body: IncomingMessage, _url: string, res: ServerResponse): AsyncGenerator<Buffer> {
    const closed = new Promise<void>(resolve => res.once('close', () => resolve()));
    for await (let chunk of body as AsyncIterable<Buffer>) {
      if (this.#isLying) for (let at = 0; at < chunk.length; at += FLIP_EVERY) chunk[at] = (chunk[at] ?? 0) ^ 1;
      while (chunk.length > 0) {
        const part = chunk.subarray(0, Math.max(0, this.#limit - this.#bytes));
        chunk = chunk.subarray(part.length);
        this.#bytes += part.length;
        if (part.length > 0) yield part;
        else await Promise.race([this.#released.promise, closed]);
        if (res.destroyed) return;
      }
    }
  }
}
