import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { TaskFile } from '../task/task-file.ts';
import { hasReadableHours } from '../task/task-timetable.ts';
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
  /** Bytes per second that the limits leave a method for a task right now. */
  readonly allowed: (task: string, method: Method) => number;
  /** Whether a method may fetch of a task right now. */
  readonly isOpen: (task: TaskFile, method: Method) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One method's part of a transfer. */
interface Share {
  readonly method: Method;
  readonly files: readonly string[];
  readonly item: TransferItem;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

const LOOKS = 20;
/** What is wrong here, or right: no method is to blame for it. */
const NOT_ITS_FAULT: ReadonlySet<ErrorCode> = new Set(['WINDOW_CLOSED', 'DISK_FULL', 'DISK_WRITE', 'INTERNAL']);

/**
 * Fetches the shares of all methods at once. A method that cannot deliver (dead, refusing, too slow, wrong bytes: all show as too few verified bytes)
 * gives what it still has to bring to one that publishes those files, after a patience; one owner at a time, and the ledger knows whom.
 */
export class SharedFetch {
  readonly #c: Components;
  readonly #rules: () => TakeOverRules;
  /** Methods that may move no more for a transfer. */
  readonly #capped = new WeakMap<Ledger, Set<Method>>();

  constructor(components: Components, rules: () => TakeOverRules) {
    this.#c = components;
    this.#rules = rules;
  }

  /** Fetches what the method owns and the ledger lacks. One method's failure does not stop the others. */
  async fetch(method: Method, item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const isOwn = (file: string) =>
      !ledger.isFinished(file) && (ledger.owners.get(file) ?? item.listedBy(file)) === method;
    const files = item.task.filelist.map(({ file }) => file).filter(isOwn);
    this.#cappedOf(ledger).delete(method);
    await this.#bring({ method, files, item, ledger, signal });
  }

  async #bring(share: Share): Promise<void> {
    const { method, item, ledger, signal } = share;
    const extents = share.files.map(file => item.manifest.extent(file));
    const fetch = (until: AbortSignal) => this.#c.transports[method].fetch(item, extents, ledger, until);
    if (extents.length === 0 || this.#rules().patienceMs === 0) return await fetch(signal);
    const failure = await this.#failureOf(share, fetch);
    if (!failure) return;
    const files = share.files.filter(file => !ledger.isFinished(file));
    const byTaker = Map.groupBy(files, file => this.#takerOf(file, share));
    if (byTaker.has(undefined)) throw failure;
    const handed = [...byTaker].map(([taker, own]) => this.#handOver(taker as Method, { ...share, files: own }));
    await Promise.all(handed);
  }

  async #handOver(taker: Method, { method, files, item, ledger, signal }: Share): Promise<void> {
    await ledger.handOver(files, taker);
    this.#c.log.warn({ task: item.name, method, taker, files: files.length }, `${taker} takes over from ${method}`);
    await this.#bring({ method: taker, files, item, ledger, signal });
  }

  /** Resolves with undefined when all is brought, else with why the method is to be relieved. Rejects with what relieving does not heal. */
  async #failureOf(share: Share, fetch: (until: AbortSignal) => Promise<void>): Promise<BftError | undefined> {
    const { method, ledger, signal } = share;
    const relieved = new AbortController();
    const ended = new AbortController();
    const until = AbortSignal.any([signal, relieved.signal]);
    const watching = this.#watch(share, AbortSignal.any([signal, ended.signal])).then(
      () => relieved.abort(),
      () => {},
    );
    let last = asBftError(new Error('too slow'), 'SOURCE_UNREACHABLE', method);
    try {
      for (;;) {
        try {
          await fetch(until);
          return undefined;
        } catch (cause) {
          signal.throwIfAborted();
          if (relieved.signal.aborted) return ledger.noticeOf(method) ?? last;
          last = asBftError(cause, 'INTERNAL', method);
          if (last.code === 'CAP_REACHED') return this.#noteCap(share, last);
          if (!this.#canBeRelieved(share) || last.code === 'INTERNAL') throw last;
          // What it refuses for good it is asked for again until the patience is over: it may be repaired.
          ledger.notice(method, last);
          await this.#c.clock.sleep(this.#rules().retryMs, until).catch(() => signal.throwIfAborted());
          if (relieved.signal.aborted) return last;
        }
      }
    } finally {
      ended.abort();
      await watching;
    }
  }

  /** Resolves when the method brought too little for as long as the patience lasts, and somebody can do better. */
  async #watch(share: Share, signal: AbortSignal): Promise<void> {
    const { method, ledger, item } = share;
    let seen: { at: number; bytes: number }[] = [];
    for (;;) {
      const { patienceMs, floor } = this.#rules();
      const now = { at: this.#c.clock.monotonic(), bytes: ledger.bytes(method) };
      const isExcused = NOT_ITS_FAULT.has(ledger.noticeOf(method)?.code ?? 'SOURCE_UNREACHABLE');
      seen = isExcused ? [] : [...seen.filter(({ at }) => now.at - at < patienceMs * (1 + 1 / LOOKS)), now];
      const first = seen[0] ?? now;
      const passed = now.at - first.at;
      // Who uses half of what it may is not slow: limits are.
      const least = Math.min(floor, this.#c.allowed(item.name, method) / 2);
      const isFailing = patienceMs > 0 && passed >= patienceMs && now.bytes - first.bytes <= (least * passed) / 1000;
      if (isFailing && (await this.#doesAnybodyBetter(share))) return;
      await this.#c.clock.sleep(Math.max(patienceMs, 1000) / LOOKS, signal);
    }
  }

  #canBeRelieved(share: Share): boolean {
    return share.files.every(file => share.ledger.isFinished(file) || this.#takerOf(file, share) !== undefined);
  }

  /** A line that is down is no method's fault: whoever is to take over must answer. */
  async #doesAnybodyBetter(share: Share): Promise<boolean> {
    const { item, ledger, files } = share;
    if (!this.#canBeRelieved(share)) return false;
    const missing = files.filter(file => !ledger.isFinished(file));
    const takers = new Set(missing.flatMap(file => this.#takerOf(file, share) ?? []));
    // Not even a question is put to one whose window is closed.
    if ([...takers].some(taker => !this.#c.isOpen(item.task, taker))) return false;
    if (!takers.has('cdn')) return true;
    return (await this.#c.transports.cdn.status(item)).state === 'available';
  }

  #noteCap({ ledger, method }: Share, error: BftError): BftError {
    this.#cappedOf(ledger).add(method);
    return error;
  }

  #cappedOf(ledger: Ledger): Set<Method> {
    const capped = this.#capped.get(ledger) ?? new Set<Method>();
    this.#capped.set(ledger, capped);
    return capped;
  }

  /**
   * Who else publishes the file: cdn always; obs when the whole package is in the bucket; bt only what its torrent has, which is what was its own before
   * somebody took over. None whose hours cannot be read: nobody knows when it may.
   */
  #takerOf(file: string, { method, item, ledger }: Share): Method | undefined {
    const { obs, cdn } = item.task;
    const publishes: Readonly<Record<Method, boolean>> = {
      bt: item.listedBy(file) === 'bt',
      obs: item.listedBy(file) === 'obs' || (obs.upload === 'all' && (obs.url ?? '') !== ''),
      cdn: (cdn.url ?? '') !== '',
    };
    const capped = this.#cappedOf(ledger);
    const may = (other: Method) => publishes[other] && !capped.has(other) && hasReadableHours(item.task, other);
    return METHODS.toReversed().find(other => other !== method && may(other));
  }
}
