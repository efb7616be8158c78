import type { Clock } from '../core/clock.ts';
import { asBftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';
import type { Transport } from './transport.ts';

/** When a method counts as failing. */
export interface TakeOverRules {
  /** How long it may fail, ms; 0: for ever. */
  readonly patienceMs: number;
  /** Bytes per second, in the mean over that time, that it has to bring. */
  readonly floor: number;
  /** Pause before a method that refused is asked again, ms. */
  readonly retryMs: number;
}

interface Components {
  readonly transports: Readonly<Record<Method, Transport>>;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOKS = 20;

/**
 * Fetches the shares of all methods at once. A method that cannot deliver (dead, refusing, too slow, wrong bytes: all show as too few verified bytes)
 * gives what it still has to bring to one that publishes those files, after a patience; one owner at a time, and the ledger knows whom.
 */
export class SharedFetch {
  readonly #c: Components;
  readonly #rules: () => TakeOverRules;

  constructor(components: Components, rules: () => TakeOverRules) {
    this.#c = components;
    this.#rules = rules;
  }

  /** Fetches what the method owns and the ledger lacks. One method's failure does not stop the others. */
  async fetch(method: Method, item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const isOwn = (file: string) =>
      !ledger.isFinished(file) && (ledger.owners.get(file) ?? item.listedBy(file)) === method;
    await this.#bring(method, item.task.filelist.map(({ file }) => file).filter(isOwn), { item, ledger, signal });
  }

  async #bring(
    method: Method,
    files: readonly string[],
    transfer: { item: TransferItem; ledger: Ledger; signal: AbortSignal },
  ): Promise<void> {
    const { item, ledger, signal } = transfer;
    const taker = files.length > 0 && this.#rules().patienceMs > 0 ? takerOf(method, item) : undefined;
    const extents = files.map(file => item.manifest.extent(file));
    const fetch = (until: AbortSignal) => this.#c.transports[method].fetch(item, extents, ledger, until);
    if (!taker) return await fetch(signal);
    if (await this.#isBrought(method, ledger, signal, fetch)) return;
    const left = files.filter(file => !ledger.isFinished(file));
    await ledger.handOver(left, taker);
    this.#c.log.warn({ task: item.name, method, taker, files: left.length }, `${taker} takes over from ${method}`);
    await this.#bring(taker, left, transfer);
  }

  /** False when the method has failed for too long. What it refuses for good is asked for again until then: it may be repaired. */
  async #isBrought(
    method: Method,
    ledger: Ledger,
    signal: AbortSignal,
    fetch: (until: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    const failing = new AbortController();
    const ended = new AbortController();
    const until = AbortSignal.any([signal, failing.signal]);
    const watching = this.#watch(method, ledger, AbortSignal.any([signal, ended.signal])).then(
      () => failing.abort(new Error(`${method} does not deliver`)),
      () => {},
    );
    try {
      for (;;) {
        try {
          await fetch(until);
          return true;
        } catch (cause) {
          signal.throwIfAborted();
          const error = asBftError(cause, 'INTERNAL', method);
          if (failing.signal.aborted || error.code === 'CAP_REACHED') return false;
          ledger.notice(method, error);
          await this.#c.clock.sleep(this.#rules().retryMs, until).catch(() => signal.throwIfAborted());
          if (failing.signal.aborted) return false;
        }
      }
    } finally {
      ended.abort();
      await watching;
    }
  }

  /** Resolves when the method brought too little for as long as the patience lasts; waiting for its window does not count. */
  async #watch(method: Method, ledger: Ledger, signal: AbortSignal): Promise<void> {
    let seen: { at: number; bytes: number }[] = [];
    for (;;) {
      const { patienceMs, floor } = this.#rules();
      const now = { at: this.#c.clock.monotonic(), bytes: ledger.bytes(method) };
      const isWaiting = ledger.noticeOf(method)?.code === 'WINDOW_CLOSED';
      seen = isWaiting ? [] : [...seen.filter(({ at }) => now.at - at < patienceMs * (1 + 1 / LOOKS)), now];
      const first = seen[0] ?? now;
      const passed = now.at - first.at;
      if (patienceMs > 0 && passed >= patienceMs && now.bytes - first.bytes <= (floor * passed) / 1000) return;
      await this.#c.clock.sleep(Math.max(patienceMs, 1000) / LOOKS, signal);
    }
  }
}

/** Who publishes what this method was to bring: cdn always; obs when the whole package is in the bucket; bt never, its torrent is cut to its share. */
function takerOf(method: Method, { task }: TransferItem): Method | undefined {
  const publishes: Readonly<Record<Method, boolean>> = {
    bt: false,
    obs: task.obs.upload === 'all' && (task.obs.url ?? '') !== '',
    cdn: (task.cdn.url ?? '') !== '',
  };
  return METHODS.toReversed().find(other => other !== method && publishes[other]);
}
