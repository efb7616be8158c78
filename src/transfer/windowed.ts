import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import { isPriortime, taskWindow, Window } from '../task/window.ts';
import type { Extent } from '../torrent/manifest.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';
import type { Transport } from './transport.ts';

/** The wall clock may jump: it is looked at this often. */
const LOOK_MS = 60_000;

/**
 * Fetches a task of policy priortime only inside the method's own window (BW-03, BW-04). When the window closes, the fetch is stopped and goes on
 * from the ledger at the next opening; that is no error. While it waits, the ledger's notice says until when. What a node offers to
 * others knows no window (decision 25).
 */
export function withWindow(transport: Transport, { clock, log }: { clock: Clock; log: Logger }): Transport {
  const { method } = transport;

  /** Sleeps until the moment that `moment` gives for the present one. */
  const sleepUntil = async (moment: (now: number) => number, signal: AbortSignal) => {
    for (;;) {
      const now = clock.now();
      const left = moment(now) - now;
      if (left <= 0) return;
      await clock.sleep(Math.min(left, LOOK_MS), signal);
    }
  };

  const waitForOpening = async (window: Window, { name }: TransferItem, ledger: Ledger, signal: AbortSignal) => {
    if (window.isOpen(clock.now())) return;
    log.info({ task: name, method, window: window.text }, `${method} waits for its window`);
    await sleepUntil(now => {
      const opening = window.nextOpening(now);
      if (opening > now) ledger.notice(method, closed(method, window, opening));
      return opening;
    }, signal);
    ledger.notice(method, undefined);
    log.info({ task: name, method, window: window.text }, `the window of ${method} is open`);
  };

  /** True when the inner fetch resolved, false when the window closed on it. */
  const fetchUntilClosing = async (
    window: Window,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> => {
    const closing = new AbortController();
    const fetching = fetch(AbortSignal.any([signal, closing.signal]));
    sleepUntil(now => window.closing(now), closing.signal).then(
      () => closing.abort(closed(method, window, window.nextOpening(clock.now()))),
      () => {},
    );
    try {
      await fetching;
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!closing.signal.aborted) throw error;
      return false;
    } finally {
      closing.abort();
    }
  };

  return {
    method,
    publish: (item, signal) => transport.publish(item, signal),
    withdraw: item => transport.withdraw(item),
    status: item => transport.status(item),
    async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal) {
      const fetch = (until: AbortSignal) => transport.fetch(item, extents, ledger, until);
      // What is all here is only served (a cacher after a restart).
      const isHere = extents.every(({ file }) => ledger.isFinished(file));
      if (isHere || !isPriortime(item.task)) return await fetch(signal);
      const window = readWindow(item, method, log);
      if (window.isWholeDay) return await fetch(signal);
      do {
        await waitForOpening(window, item, ledger, signal);
      } while (!(await fetchUntilClosing(window, signal, fetch)));
    },
  };
}

function closed(method: Method, window: Window, opening: number): BftError {
  return new BftError(
    'WINDOW_CLOSED',
    `${method} waits for its window ${window.text} until ${formatLocalTime(opening)}`,
  );
}

function readWindow({ name, task }: TransferItem, method: Method, log: Logger): Window {
  const { priortime = '' } = task[method];
  if (priortime !== '' && !Window.parse(priortime)) {
    log.warn(
      { task: name, method, priortime: priortime.slice(0, 100) },
      `${method} has no readable window: the whole day`,
    );
  }
  return taskWindow(task, method);
}
