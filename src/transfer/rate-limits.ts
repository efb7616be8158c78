import type { Clock } from '../core/clock.ts';
import type { Startable } from '../core/lifecycle.ts';
import { divide, type Moving } from './divide.ts';
import { type Throttle, TokenBucket } from './token-bucket.ts';
import type { SharedRate } from './window-rates.ts';

export type Direction = 'down' | 'up';

/** Bytes per second; 0: no limit. */
export interface Limits {
  readonly down: number;
  readonly up: number;
}

/** Bytes of one task that move by one method in one direction. */
export interface Flow extends Moving {
  readonly method: string;
  readonly direction: Direction;
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
/** A flow that comes so close to its limit is held back by it. */
export const HELD = 0.9;

interface OwnFlow {
  readonly bucket: TokenBucket;
  readonly task: string;
  readonly method: string;
  readonly direction: Direction;
  users: number;
  /** Bytes that had passed at the last tick, and what was measured then. */
  seen: number;
  rate: number;
  isHeld: boolean;
}

/**
 * Keeps the node and its tasks below their limits, over all methods together, and what is fetched below the rates of the windows: once a second what
 * they allow is divided anew among the flows, so that what one does not use the others have. Who is held back gets an equal share of what the rest
 * leave; who rests, as good as nothing, until it moves.
 */
export class RateLimits implements Startable {
  readonly name = 'rate limits';
  readonly #clock: Clock;
  readonly #node: () => Limits;
  readonly #ofTask: (task: string) => Limits;
  readonly #ofWindow: (task: string, method: string, direction: Direction) => SharedRate | undefined;
  /** Flows that are metered elsewhere (the BitTorrent engine's). */
  readonly #others: () => readonly Flow[];
  readonly #own = new Map<string, OwnFlow>();
  /** What the flows of a task and method were given to fetch with at the last division, bytes/s. */
  #given = new Map<string, number>();
  #seenAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { clock }: { clock: Clock },
    limits: {
      readonly node: () => Limits;
      readonly ofTask: (task: string) => Limits;
      /** A rate of 0 lets nothing pass. */
      readonly ofWindow: (task: string, method: string, direction: Direction) => SharedRate | undefined;
    },
    others: () => readonly Flow[],
  ) {
    this.#clock = clock;
    this.#node = limits.node;
    this.#ofTask = limits.ofTask;
    this.#ofWindow = limits.ofWindow;
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
    const flow = this.#own.get(key) ?? newFlow(task, method, direction, new TokenBucket(this.#clock));
    this.#own.set(key, flow);
    flow.users++;
    if (flow.users === 1) this.divideAgain();
    try {
      return await use(flow.bucket.take);
    } finally {
      flow.users--;
      if (flow.users === 0) this.#own.delete(key);
    }
  }

  /** Whether anything is being transferred, or tries to be. */
  get isMoving(): boolean {
    return this.#own.size > 0 || this.#others().some(({ rate }) => rate > 0);
  }

  /** What moves, as it was measured last. */
  rates(): readonly Pick<Flow, 'task' | 'method' | 'direction' | 'rate'>[] {
    return [...this.#own.values(), ...this.#others()];
  }

  /** Those in force for a task. */
  of(task: string): Limits {
    return this.#ofTask(task);
  }

  /** Bytes per second that a method may fetch for a task right now; Infinity: no limit, or nothing moves. */
  allowed(task: string, method: string): number {
    return this.#given.get(`${task}/${method}`) ?? Infinity;
  }

  /** Bytes per second that node and task may fetch at most, whoever else does; Infinity: no limit. */
  most(task: string): number {
    return Math.min(none(this.#node().down), none(this.#ofTask(task).down));
  }

  /** As `most`, and the method's rate of the hour. */
  ceiling(task: string, method: string): number {
    return Math.min(this.most(task), this.#ofWindow(task, method, 'down')?.rate ?? Infinity);
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
    this.divideAgain();
  }

  /** As `divide`, by what was measured last: a flow began. */
  divideAgain(): void {
    const own = [...this.#own.values()].map(({ task, method, direction, rate, isHeld, bucket }) => {
      return { task, method, direction, rate, isHeld, limit: (limit: number | undefined) => (bucket.rate = limit) };
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
    const rates = divide(flows, {
      node: none(this.#node()[direction]),
      ofTask: task => none(this.#ofTask(task)[direction]),
      ofGroup: ({ task, method }) => this.#ofWindow(task, method, direction),
    });
    if (direction === 'down') this.#given = new Map();
    for (const [index, flow] of flows.entries()) {
      const rate = rates[index] ?? 0;
      if (direction === 'down') this.#note(flow, rate);
      flow.limit(Number.isFinite(rate) ? rate : undefined);
    }
  }

  #note({ task, method }: Flow, rate: number): void {
    const key = `${task}/${method}`;
    this.#given.set(key, (this.#given.get(key) ?? 0) + rate);
  }
}

const none = (limit: number) => (limit === 0 ? Infinity : limit);

/** A new one gets its fair share at once. */
function newFlow(task: string, method: string, direction: Direction, bucket: TokenBucket): OwnFlow {
  return { task, method, direction, bucket, users: 0, seen: 0, rate: 0, isHeld: true };
}

/** Whether a flow with that limit, undefined for none, is held back by it. */
export function isHeld(rate: number, limit: number | undefined): boolean {
  return limit !== undefined && rate > 0 && rate >= limit * HELD;
}
