import { createHash } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BftError } from '../../src/core/errors.ts';
import type { Method } from '../../src/core/method.ts';
import type { Extent } from '../../src/torrent/manifest.ts';
import type { TransferItem } from '../../src/transfer/item.ts';
import type { Ledger } from '../../src/transfer/ledger.ts';
import type { PublishState, Transport } from '../../src/transfer/transport.ts';

/** The other end of the reference adapter: what is published, and what passes the wire. */
export interface Wire {
  readonly published: Map<string, TransferItem>;
  /** Passes bytes on: counts them, spoils them, waits. */
  pass(bytes: Buffer, signal: AbortSignal): Promise<Buffer>;
}

/** The Transport port, read literally: bytes go from one directory to another through a wire in memory. */
export class MemoryTransport implements Transport {
  readonly method: Method;
  readonly #wire: Wire;
  /** What this end published. */
  readonly #own = new Set<string>();

  constructor(method: Method, wire: Wire) {
    this.method = method;
    this.#wire = wire;
  }

  async publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const file of item.files(this.method)) {
      const path = join(item.packagePath, file);
      const { size } = await stat(path).catch((cause: unknown) => {
        throw new BftError('SOURCE_MISSING', `${path} is gone`, { cause });
      });
      if (size !== item.manifest.extent(file).length) throw new BftError('SOURCE_CHANGED', `${path} changed`);
    }
    this.#wire.published.set(item.name, item);
    this.#own.add(item.name);
  }

  withdraw(item: TransferItem): Promise<void> {
    if (this.#own.delete(item.name)) this.#wire.published.delete(item.name);
    return Promise.resolve();
  }

  status(item: TransferItem): Promise<PublishState> {
    const isThere = this.#wire.published.has(item.name);
    return Promise.resolve(isThere ? { state: 'available' } : { state: 'unavailable', reason: 'not published' });
  }

  async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (extents.length === 0) return;
    const source = this.#wire.published.get(item.name);
    if (!source) throw new BftError('SOURCE_UNREACHABLE', `nobody has ${item.name}`);
    for (const { file } of extents) {
      if (!ledger.isFinished(file)) await this.#copy(join(source.packagePath, file), item, file, ledger, signal);
    }
    await ledger.flush();
  }

  async #copy(from: string, item: TransferItem, file: string, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const to = item.stagedPath(file);
    const bytes = await readFile(from);
    const units = item.manifest.units(file).filter(unit => !ledger.isVerified(unit));
    await mkdir(dirname(to), { recursive: true });
    const handle = await open(to, 'a').then(async created => {
      await created.close();
      return open(to, 'r+');
    });
    try {
      await handle.truncate(item.manifest.extent(file).length);
      for (const unit of units) {
        signal.throwIfAborted();
        // What came counts, also when the abort comes with it.
        const got = await this.#wire.pass(bytes.subarray(unit.offset, unit.offset + unit.length), signal);
        ledger.meters[this.method].add('memory', got.length);
        if (unit.sha1 !== undefined && createHash('sha1').update(got).digest('hex') !== unit.sha1) {
          ledger.meters[this.method].waste('memory', got.length);
          throw new BftError('WRONG_BYTES', `wrong bytes for ${file} at ${unit.offset}`);
        }
        await handle.write(got, 0, got.length, unit.offset);
        ledger.verified(unit, this.method);
      }
      if (bytes.length === 0) ledger.finish(file, this.method);
    } finally {
      await handle.close();
    }
  }
}
