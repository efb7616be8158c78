import type { TransferItem } from '../../src/transfer/item.ts';
import { MemoryTransport, type Wire } from './memory-transport.ts';
import type { Fixture } from './fixture.ts';

const FLIP_EVERY = 1000;

class ControlledWire implements Wire {
  readonly published = new Map<string, TransferItem>();
  bytes = 0;
  isLying = false;
  limit = Infinity;
  #released = Promise.withResolvers<void>();

  async pass(bytes: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      // A turn of the loop, as any real wire would take.
      await new Promise(resolve => setImmediate(resolve));
      while (this.bytes >= this.limit) await Promise.race([this.#released.promise, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    this.bytes += bytes.length;
    const passed = Buffer.from(bytes);
    if (this.isLying) for (let at = 0; at < passed.length; at += FLIP_EVERY) passed[at] = (passed[at] ?? 0) ^ 1;
    return passed;
  }

  release(): void {
    this.limit = Infinity;
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }
}

/** The reference adapter: what it cannot do the port must not ask for. */
export async function memoryFixture(): Promise<Fixture> {
  const wire = new ControlledWire();
  return {
    sender: new MemoryTransport('cdn', wire),
    receiver: new MemoryTransport('cdn', wire),
    address: () => {},
    bytes: () => wire.bytes,
    isIdle: () => true,
    lie: async isLying => {
      wire.isLying = isLying;
    },
    holdAfter: bytes => {
      if (bytes === undefined) wire.release();
      else wire.limit = wire.bytes + bytes;
    },
    stop: async () => wire.release(),
  };
}
