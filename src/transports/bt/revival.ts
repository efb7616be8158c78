import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { asBftError, type BftError } from '../../core/errors.ts';
import { pauseMs } from '../../transfer/retry.ts';
import type { BtEngine, BtEngineEvents } from './engine.ts';
import type { EngineTorrent } from './protocol.ts';

/** A torrent that was served this long was well: the next pauses are short again. */
const WELL_MS = 600_000;

interface Case {
  readonly stop: AbortController;
  tries: number;
  /** Monotonic, ms. */
  at: number;
  /** Why it is not served; undefined once it is. */
  error: BftError | undefined;
}

type Failure = BtEngineEvents['failed'][0];

interface Components {
  readonly engine: BtEngine;
  readonly clock: Clock;
}

/** Takes up again what the engine gave up while it was served (a disk error), with growing pauses, once its files can be read. */
export class Revival {
  readonly #components: Components;
  readonly #isServed: (infoHash: string) => boolean;
  readonly #cases = new Map<string, Case>();
  /** Torrents that somebody waits for, and how the engine gave them up meanwhile. */
  readonly #held = new Map<string, Failure | undefined>();

  /** `isServed`: whether the torrent is to be served. */
  constructor(components: Components, isServed: (infoHash: string) => boolean) {
    this.#components = components;
    this.#isServed = isServed;
    components.engine.on('failed', failure => {
      if (this.#held.has(failure.infoHash)) this.#held.set(failure.infoHash, failure);
      else this.#onFailed(failure);
    });
  }

  /** Somebody waits for the torrent and would try again himself: until `release`, that it is given up is only noted. */
  hold(infoHash: string): void {
    this.#held.set(infoHash, undefined);
  }

  /** Nobody waits for it any more. If it was given up meanwhile and is to be served all the same, it is taken up again. */
  release(infoHash: string): void {
    const failure = this.#held.get(infoHash);
    this.#held.delete(infoHash);
    if (failure) this.#onFailed(failure);
  }

  #onFailed({ infoHash, torrent, error }: Failure): void {
    if (this.#isServed(infoHash)) void this.#revive(torrent, error);
  }

  /** Why a torrent is not served. */
  trouble(infoHash: string): BftError | undefined {
    return this.#cases.get(infoHash)?.error;
  }

  /** The torrent is no longer to be served. */
  forget(infoHash: string): void {
    this.#cases.get(infoHash)?.stop.abort();
    this.#cases.delete(infoHash);
  }

  async #revive(torrent: EngineTorrent, error: BftError): Promise<void> {
    const { engine, clock } = this.#components;
    const one = this.#open(torrent.infoHash, error);
    const { signal } = one.stop;
    while (one.error) {
      try {
        await clock.sleep(pauseMs(one.tries++, one.error, Math.random), signal);
        for (const file of [torrent.torrentPath, ...torrent.files]) await access(file, constants.R_OK);
        signal.throwIfAborted();
        await engine.add(torrent);
        one.error = undefined;
      } catch (cause) {
        if (signal.aborted) return;
        one.error = asBftError(
          cause,
          'SOURCE_UNREADABLE',
          `serving the torrent of ${torrent.task ?? torrent.infoHash}`,
        );
      }
    }
    one.at = clock.monotonic();
  }

  #open(infoHash: string, error: BftError): Case {
    const now = this.#components.clock.monotonic();
    const last = this.#cases.get(infoHash);
    const tries = last && now - last.at < WELL_MS ? last.tries : 1;
    const opened = { stop: last?.stop ?? new AbortController(), tries, at: now, error };
    this.#cases.set(infoHash, opened);
    return opened;
  }
}
