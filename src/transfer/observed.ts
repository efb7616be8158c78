import type { Clock } from '../core/clock.ts';
import type { Method } from '../core/method.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';
import { HELD, type RateLimits } from './rate-limits.ts';
import type { Transport } from './transport.ts';

const LOOK_MS = 15_000;

/** What a fetch brought since it was looked at last. */
export interface Stretch {
  /** Name of the task file. */
  readonly task: string;
  readonly method: Method;
  /** Verified ones. */
  readonly bytes: number;
  /** In which it ran, ms. */
  readonly ms: number;
  /** The least limit that was set meanwhile (of node, task and hour), bytes per second; undefined: none. */
  readonly limit: number | undefined;
  /** As much came as was allowed: it says only that the line is at least so fast. */
  readonly isHeld: boolean;
  /** The fetch has ended, however it ended. */
  readonly isLast: boolean;
}

/**
 * Tells `note` how fast a fetch gets on: verified bytes over the time in which it ran. Inside the window, so that no time counts in which it had to wait
 * for it; around the retries, as trouble is a part of what a line does. Two fetches of one task and method (one that took over) each tell the bytes
 * of both, over their own time: the mean stays right. Whether it was held is told by the bytes that came: verified ones come in lumps.
 */
export function withObserver(
  transport: Transport,
  { clock, limits }: { clock: Clock; limits: Pick<RateLimits, 'allowed' | 'ceiling'> },
  note: (stretch: Stretch) => void,
): Transport {
  const { method } = transport;

  const observe = (task: string, ledger: Ledger) => {
    const sample = () => ({
      at: clock.monotonic(),
      bytes: ledger.bytes(method),
      received: ledger.meters[method].received,
      allowed: limits.allowed(task, method),
      ceiling: limits.ceiling(task, method),
    });
    let last = sample();
    return (isLast: boolean) => {
      const now = sample();
      const ms = now.at - last.at;
      const allowed = Math.min(last.allowed, now.allowed);
      const ceiling = Math.min(last.ceiling, now.ceiling);
      note({
        task,
        method,
        // Bytes that were found wrong are taken back.
        bytes: Math.max(0, now.bytes - last.bytes),
        ms,
        limit: Number.isFinite(ceiling) ? ceiling : undefined,
        isHeld: (now.received - last.received) * 1000 >= HELD * allowed * ms,
        isLast,
      });
      last = now;
    };
  };

  const lookEvery = async (look: (isLast: boolean) => void, signal: AbortSignal) => {
    for (;;) {
      await clock.sleep(LOOK_MS, signal);
      look(false);
    }
  };

  return {
    method,
    publish: (item, signal) => transport.publish(item, signal),
    withdraw: item => transport.withdraw(item),
    status: item => transport.status(item),
    async fetch(item: TransferItem, extents, ledger, signal) {
      // What is all here is only served.
      if (extents.every(({ file }) => ledger.isFinished(file)))
        return await transport.fetch(item, extents, ledger, signal);
      const look = observe(item.name, ledger);
      const ended = new AbortController();
      const looking = lookEvery(look, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
      try {
        await transport.fetch(item, extents, ledger, signal);
      } finally {
        ended.abort();
        look(true);
        await looking;
      }
    },
  };
}
