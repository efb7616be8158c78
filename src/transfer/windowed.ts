import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import type { Ticks } from '../core/ticks.ts';
import { formatLocalTime } from '../core/units.ts';
import type { TaskFile } from '../task/task-file.ts';
import { isPriortime } from '../task/task-timetable.ts';
import type { Timetable } from '../task/timetable.ts';
import type { Extent } from '../torrent/manifest.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';
import type { Transport } from './transport.ts';
import type { HeldRate, WindowRates } from './window-rates.ts';

interface Components {
  readonly clock: Pick<Clock, 'now'>;
  readonly ticks: Ticks;
  readonly rates: Pick<WindowRates, 'hold'>;
  readonly log: Logger;
  /** Serves what is there of a task while nothing of it may be fetched (decision 25); left out where only what is complete is served. */
  readonly serveOn?: ((item: TransferItem, ledger: Ledger) => Promise<void>) | undefined;
}

/**
 * Fetches a task of policy priortime only when the method's timetable is open (BW-03, BW-04), and at its rate. When it closes, the fetch is stopped and
 * goes on from the ledger at the next opening; that is no error. While it waits, the ledger's notice says until when. `timetableOf` is asked, and
 * the wall clock looked at, at every tick: both may change at any time. What a node offers to others knows no window (decision 25).
 */
export function withWindow(
  transport: Transport,
  { clock, ticks, rates, log, serveOn }: Components,
  timetableOf: (task: TaskFile, method: Method) => Timetable,
): Transport {
  const { method } = transport;

  const serveMeanwhile = async (item: TransferItem, ledger: Ledger) => {
    await serveOn?.(item, ledger).catch((error: unknown) => {
      log.warn({ task: item.name, method, err: error }, `${method} serves nothing while its window is closed`);
    });
  };

  const waitForOpening = async (item: TransferItem, ledger: Ledger, signal: AbortSignal) => {
    const { name, task } = item;
    let last: { readonly timetable: Timetable; readonly opening: number } | undefined;
    for (;;) {
      const now = clock.now();
      const timetable = timetableOf(task, method);
      if (timetable.isOpen(now)) break;
      const opening = timetable.nextOpening(now);
      const isNew = opening !== last?.opening || timetable.text !== last.timetable.text;
      // What was on its way when the window closed takes the notice away.
      if (isNew || !ledger.noticeOf(method)) {
        const notice = closed(method, timetable, opening);
        ledger.notice(method, notice);
        if (isNew) log.info({ task: name, method }, notice.message);
      }
      if (!last) await serveMeanwhile(item, ledger);
      last = { timetable, opening };
      await ticks.next(signal);
    }
    if (!last) return;
    ledger.notice(method, undefined);
    log.info({ task: name, method }, `the window of ${method} is open`);
  };

  /** Keeps the rate of the hour until the timetable is closed; resolves with why. */
  const untilClosing = async (task: TaskFile, held: HeldRate, signal: AbortSignal): Promise<BftError> => {
    for (;;) {
      const now = clock.now();
      const timetable = timetableOf(task, method);
      if (!timetable.isOpen(now)) return closed(method, timetable, timetable.nextOpening(now));
      const rate = timetable.rate(now);
      held.set(rate === undefined ? undefined : { group: `${method} ${timetable.text}`, rate });
      await ticks.next(signal);
    }
  };

  /** True when the inner fetch resolved, false when the window closed on it. */
  const fetchUntilClosing = async (
    item: TransferItem,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> => {
    const closing = new AbortController();
    const held = rates.hold(item.name, method);
    // Before the fetch: its first bytes have their rate.
    void untilClosing(item.task, held, closing.signal)
      .catch((error: unknown) => error)
      .then(reason => closing.abort(reason));
    try {
      await fetch(AbortSignal.any([signal, closing.signal]));
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!closing.signal.aborted) throw error;
      return false;
    } finally {
      closing.abort();
      held.end();
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
      do {
        await waitForOpening(item, ledger, signal);
      } while (!(await fetchUntilClosing(item, signal, fetch)));
    },
  };
}

function closed(method: Method, timetable: Timetable, opening: number): BftError {
  const until = formatLocalTime(opening);
  return new BftError('WINDOW_CLOSED', `${method} waits for its window ${timetable.text} until ${until}`);
}
