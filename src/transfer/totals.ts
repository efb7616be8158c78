import { METHODS, type Method } from '../core/method.ts';
import type { Meter } from './meter.ts';
import type { Direction, Limiter } from './rate-limits.ts';
import type { Throttle } from './token-bucket.ts';
import type { Transport } from './transport.ts';

/** What this process moved since it began, by method. It only grows, whatever becomes of the tasks. */
export class Totals {
  readonly received = none();
  readonly sent = none();
  readonly hashFailures = none();

  /** Counts what the meter of a method counts from now on. */
  watch(meter: Meter, method: Method): void {
    meter.tell({
      received: bytes => (this.received[method] += bytes),
      refused: () => (this.hashFailures[method] += 1),
    });
  }
}

const none = () => Object.fromEntries(METHODS.map(method => [method, 0])) as Record<Method, number>;

/** Counts what a transport brings. */
export function withTotals(transport: Transport, totals: Totals): Transport {
  const { method } = transport;
  return {
    method,
    publish: (item, signal) => transport.publish(item, signal),
    withdraw: item => transport.withdraw(item),
    status: item => transport.status(item),
    fetch(item, extents, ledger, signal) {
      totals.watch(ledger.meters[method], method);
      return transport.fetch(item, extents, ledger, signal);
    },
  };
}

/** Counts what the limits let pass upwards. */
export function countingSent(limits: Limiter, totals: Totals): Limiter {
  const counting =
    (throttle: Throttle, method: Method): Throttle =>
    async (bytes, signal) => {
      await throttle(bytes, signal);
      totals.sent[method] += bytes;
    };
  return {
    through: (task, method, direction: Direction, use) =>
      limits.through(task, method, direction, throttle =>
        use(direction === 'up' && isMethod(method) ? counting(throttle, method) : throttle),
      ),
  };
}

const isMethod = (text: string): text is Method => (METHODS as readonly string[]).includes(text);
