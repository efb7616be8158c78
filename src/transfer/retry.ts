import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Ledger } from './ledger.ts';
import type { Transport } from './transport.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 600_000;
/** Publishing is bounded: the task says why it fails, frees nobody's place meanwhile, and is tried again later (decision 24). */
const PUBLISH_TRIES = 4;
/** Time does not heal a defect; what the task then shows is seen by somebody. */
const DEFECT_TRIES = 3;

/** Pause before try number `tries` (from 1): doubles from a second to ten minutes, with jitter (BE-20); never shorter than asked for. */
export function pauseMs(tries: number, error: BftError, random: () => number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS);
  return Math.max(pause * (0.75 + random() / 2), error.retryAfterMs);
}

/**
 * Tries again what time may heal: fetching for as long as the signal lets it (a line that is down for a night is no failure), publishing a few
 * times. What is permanent is thrown at once. A try that brought something starts the pauses anew. While it waits, the ledger's notice says why.
 */
export function withRetry(
  transport: Transport,
  { clock, log, random = Math.random }: { clock: Clock; log: Logger; random?: () => number },
): Transport {
  const persist = async (
    name: string,
    signal: AbortSignal,
    attempt: () => Promise<void>,
    progress: () => number,
    notice: (error: BftError) => void,
    most = Infinity,
  ) => {
    for (let tries = 1; ; tries++) {
      const before = progress();
      try {
        return await attempt();
      } catch (cause) {
        signal.throwIfAborted();
        const error = asBftError(cause, 'INTERNAL', `${transport.method} of ${name}`);
        error.method ??= transport.method;
        notice(error);
        if (progress() > before) tries = 1;
        if (error.permanent || tries >= most || (error.code === 'INTERNAL' && tries >= DEFECT_TRIES)) {
          log.error({ task: name, method: transport.method, code: error.code }, error.message);
          throw error;
        }
        const pause = pauseMs(tries, error, random);
        log.warn({ task: name, method: transport.method, code: error.code, pauseMs: Math.round(pause) }, error.message);
        await clock.sleep(pause, signal);
      }
    }
  };
  return {
    method: transport.method,
    withdraw: item => transport.withdraw(item),
    status: item => transport.status(item),
    publish: (item, signal) =>
      persist(
        item.name,
        signal,
        () => transport.publish(item, signal),
        () => 0,
        () => {},
        PUBLISH_TRIES,
      ),
    fetch: (item, extents, ledger: Ledger, signal) =>
      persist(
        item.name,
        signal,
        () => unbroken(ledger, signal, until => transport.fetch(item, extents, ledger, until)),
        () => ledger.bytes(transport.method),
        error => ledger.notice(transport.method, error),
      ),
  };
}

/** A fetch whose bytes could not be made durable ends: it believes to have what the ledger has taken back. */
async function unbroken(
  { broken }: Ledger,
  signal: AbortSignal,
  fetch: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await fetch(AbortSignal.any([signal, broken]));
  broken.throwIfAborted();
}
