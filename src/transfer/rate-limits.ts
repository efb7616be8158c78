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
  /** It uses all that it may: more would move if more were allowed. */
  readonly isHeld: boolean;
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
/** What a flow that is not held back may grow by within a tick. */
const GROWTH = 1.25;
/** What one that rests may begin with, bytes/s; hundreds of them may not keep more than a small part of a limit from those that move. */
const START = 64 * 1024;
const STARTS_SHARE = 0.05;
/** A flow that comes so close to its limit is held back by it. */
const HELD = 0.9;

interface OwnFlow {
  readonly bucket: TokenBucket;
  readonly task: string;
  readonly direction: Direction;
  users: number;
  /** Bytes that had passed at the last tick, and what was measured then. */
  seen: number;
  rate: number;
  isHeld: boolean;
}

/**
 * Keeps the node and its tasks below their limits, over all methods together: once a second what a limit allows is divided anew among the flows,
 * so that what one does not use the others have. Who is held back
 * gets an equal share of what the rest leave; who rests, as good as nothing, until it moves.
 */
export class RateLimits implements Startable {
  readonly name = 'rate limits';
  readonly #clock: Clock;
  readonly #node: () => Limits;
  readonly #ofTask: (task: string) => Limits;
  /** Flows that are metered elsewhere (the BitTorrent engine's). */
  readonly #others: () => readonly Flow[];
  readonly #own = new Map<string, OwnFlow>();
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
    const flow = this.#own.get(key) ?? newFlow(task, direction, new TokenBucket(this.#clock));
    this.#own.set(key, flow);
    flow.users++;
    if (flow.users === 1) this.#divideAll();
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

  /** Measures what the flows use, and divides what the limits allow by that. */
  divide(): void {
    const now = this.#clock.monotonic();
    const seconds = Math.max(now - this.#seenAt, 1) / 1000;
    this.#seenAt = now;
    for (const flow of this.#own.values()) {
      const { passed, rate, isWaitedFor } = flow.bucket;
      flow.rate = (passed - flow.seen) / seconds;
      flow.isHeld = isWaitedFor || isHeld(flow.rate, rate);
      flow.seen = passed;
    }
    this.#divideAll();
  }

  #divideAll(): void {
    const own = [...this.#own.values()].map(({ task, direction, rate, isHeld, bucket }) => {
      return { task, direction, rate, isHeld, limit: (limit: number | undefined) => (bucket.rate = limit) };
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
    const total = none(this.#node()[direction]);
    const wants = wantsWithin(total, flows);
    const tasks = [...Map.groupBy(flows, ({ task }) => task)].map(([task, own]) => {
      const limit = none(this.#ofTask(task)[direction]);
      return { own, limit, wants: Math.min(limit, sum(own.map(wants))) };
    });
    const shares = allot(
      total,
      tasks.map(task => task.wants),
    );
    for (const [index, { own, limit }] of tasks.entries()) {
      const share = Math.min(limit, shares[index] ?? 0);
      const rates = allot(share, own.map(wantsWithin(share, own)));
      for (const [at, flow] of own.entries()) flow.limit(Number.isFinite(rates[at]) ? rates[at] : undefined);
    }
  }
}

const none = (limit: number) => (limit === 0 ? Infinity : limit);

/** Says what each of the flows wants of so much, bytes/s. */
function wantsWithin(total: number, flows: readonly Flow[]): (flow: Flow) => number {
  const resting = flows.filter(({ rate, isHeld }) => !isHeld && rate * GROWTH < START).length;
  const start = Math.min(START, (total * STARTS_SHARE) / Math.max(resting, 1));
  return ({ rate, isHeld }) => (isHeld ? Infinity : Math.max(rate * GROWTH, start));
}

/** A new one gets its fair share at once. */
function newFlow(task: string, direction: Direction, bucket: TokenBucket): OwnFlow {
  return { task, direction, bucket, users: 0, seen: 0, rate: 0, isHeld: true };
}

/** Whether a flow with that limit, undefined for none, is held back by it. */
export function isHeld(rate: number, limit: number | undefined): boolean {
  return limit !== undefined && rate > 0 && rate >= limit * HELD;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
