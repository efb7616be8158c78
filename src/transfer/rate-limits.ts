import type { Clock } from '../core/clock.ts';
import type { Startable } from '../core/lifecycle.ts';
import { allot } from './allot.ts';
import { type Throttle, TokenBucket } from './token-bucket.ts';

export type Direction = 'down' | 'up';

/** Bytes per second; 0: no limit. */
export interface Limits {
  readonly down: number;
  readonly up: number;
}

/** Bytes of one task that move by one method in one direction. */
export interface Flow {
  readonly task: string;
  readonly direction: Direction;
  /** Bytes per second right now. */
  readonly rate: number;
  /** Bytes per second from now on; undefined: as many as come. */
  readonly limit: (rate: number | undefined) => void;
}

/** What the transports see of the limits. */
export type Limiter = Pick<RateLimits, 'through'>;

/** Lets everything pass. */
export const noLimits: Limiter = {
  through: (_task, _method, _direction, use) => use(() => Promise.resolve()),
};

const TICK_MS = 1000;
/** What a flow may grow by within a tick, and what one that rests may begin with, bytes/s. */
const GROWTH = 1.25;
const START = 64 * 1024;

/**
 * Keeps the node and its tasks below their limits, over all methods together: once a second what a limit allows is divided anew among the flows,
 * so that what one does not use the others have.
 */
export class RateLimits implements Startable {
  readonly name = 'rate limits';
  readonly #clock: Clock;
  readonly #node: () => Limits;
  readonly #ofTask: (task: string) => Limits;
  /** Flows that are metered elsewhere (the BitTorrent engine's). */
  readonly #others: () => readonly Flow[];
  readonly #own = new Map<
    string,
    { bucket: TokenBucket; task: string; direction: Direction; seen: number; users: number }
  >();
  #seenAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { clock }: { clock: Clock },
    limits: { readonly node: () => Limits; readonly ofTask: (task: string) => Limits },
    others: () => readonly Flow[],
  ) {
    this.#clock = clock;
    this.#node = limits.node;
    this.#ofTask = limits.ofTask;
    this.#others = others;
    this.#seenAt = clock.monotonic();
  }

  start(): Promise<void> {
    this.#timer = setInterval(() => this.divide(), TICK_MS);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  /** Lets bytes of a task pass as the limits allow, while `use` runs. */
  async through<T>(
    task: string,
    method: string,
    direction: Direction,
    use: (throttle: Throttle) => Promise<T>,
  ): Promise<T> {
    const key = `${task}/${method}/${direction}`;
    const flow = this.#own.get(key) ?? { bucket: new TokenBucket(this.#clock), task, direction, seen: 0, users: 0 };
    this.#own.set(key, flow);
    flow.users++;
    if (flow.users === 1) this.divide();
    try {
      return await use(flow.bucket.take);
    } finally {
      flow.users--;
      if (flow.users === 0) this.#own.delete(key);
    }
  }

  /** Those in force for a task. */
  of(task: string): Limits {
    return this.#ofTask(task);
  }

  /** Divides what the limits allow by what the flows use. */
  divide(): void {
    const now = this.#clock.monotonic();
    const seconds = Math.max(now - this.#seenAt, 1) / 1000;
    this.#seenAt = now;
    const own = [...this.#own.values()].map(flow => {
      const { passed } = flow.bucket;
      const rate = (passed - flow.seen) / seconds;
      flow.seen = passed;
      return { ...flow, rate, limit: (limit: number | undefined) => (flow.bucket.rate = limit) };
    });
    const flows: Flow[] = [...own, ...this.#others()];
    for (const direction of ['down', 'up'] as const) {
      this.#divide(
        direction,
        flows.filter(flow => flow.direction === direction),
      );
    }
  }

  #divide(direction: Direction, flows: readonly Flow[]): void {
    const tasks = [...Map.groupBy(flows, ({ task }) => task)].map(([task, own]) => {
      const limit = none(this.#ofTask(task)[direction]);
      return { own, limit, wants: Math.min(limit, sum(own.map(wants))) };
    });
    const shares = allot(
      none(this.#node()[direction]),
      tasks.map(task => task.wants),
    );
    for (const [index, { own, limit }] of tasks.entries()) {
      const rates = allot(Math.min(limit, shares[index] ?? 0), own.map(wants));
      for (const [at, flow] of own.entries()) flow.limit(Number.isFinite(rates[at]) ? rates[at] : undefined);
    }
  }
}

const none = (limit: number) => (limit === 0 ? Infinity : limit);
const wants = ({ rate }: Flow) => Math.max(rate * GROWTH, START);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
