import type { Method } from '../core/method.ts';

/** A rate that all who follow the same timetable with the same method share. */
export interface SharedRate {
  readonly group: string;
  /** Bytes per second. */
  readonly rate: number;
}

/** One fetch's rate. */
export interface HeldRate {
  /** undefined: as much as comes. */
  set(shared: SharedRate | undefined): void;
  end(): void;
}

/** What the windows of running fetches allow right now: kept by `withWindow`, read by `RateLimits`. */
export class WindowRates {
  /** By task and method; a method that took over fetches twice. */
  readonly #held = new Map<string, Map<symbol, SharedRate | undefined>>();

  hold(task: string, method: Method): HeldRate {
    const key = `${task}/${method}`;
    const id = Symbol(key);
    const held = this.#held.get(key) ?? new Map<symbol, SharedRate | undefined>();
    this.#held.set(key, held.set(id, undefined));
    return {
      // One that has ended may still be told of the next hour.
      set: shared => {
        if (held.has(id)) held.set(id, shared);
      },
      end: () => {
        held.delete(id);
        if (held.size === 0) this.#held.delete(key);
      },
    };
  }

  of(task: string, method: string): SharedRate | undefined {
    return this.#held
      .get(`${task}/${method}`)
      ?.values()
      .find(shared => shared !== undefined);
  }
}
