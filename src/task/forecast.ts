import type { RatedPeriod, Timetable } from './timetable.ts';

const DAY_MS = 24 * 3_600_000;
/** How many days a forecast looks ahead. */
const DAYS = 60;
/** It looks less far where hours change so often that nobody means them: timetables come with tasks of others. Sixteen periods a day for sixty days. */
const MOST_PERIODS = 960;

/** When a timetable is open from a moment on, a day at a time: worked out once for all tasks that follow it. */
export class Openings {
  readonly from: number;
  readonly #timetable: Timetable;
  readonly #days: (readonly RatedPeriod[])[] = [];
  /** Days that were looked at. */
  #walked = 0;

  constructor(timetable: Timetable, from: number) {
    this.from = from;
    this.#timetable = timetable;
  }

  /** The periods of the days to come, one after the other; none is longer than a day. */
  *periods(): Generator<RatedPeriod> {
    for (let day = 0, count = 0; day < DAYS && count < MOST_PERIODS; day++) {
      const periods = this.#day(day);
      count += periods.length;
      this.#walked = Math.max(this.#walked, day + 1);
      yield* periods;
    }
  }

  /** Where the periods that were looked at end. */
  get horizon(): number {
    return this.from + this.#walked * DAY_MS;
  }

  #day(day: number): readonly RatedPeriod[] {
    const from = this.from + day * DAY_MS;
    return (this.#days[day] ??= this.#timetable.periods(from, from + DAY_MS));
  }
}

/** Bytes per second that come in an hour with that limit (bytes per second, undefined: none). Undefined, whatever the limit: not known. */
export type Speed = (limit?: number) => number | undefined;

/** What a method still has to bring. */
export interface Outstanding {
  /** Bytes. */
  readonly bytes: number;
  readonly speed: Speed;
  readonly openings: Openings;
}

export interface Forecast {
  /** When everything is here, ms since the epoch; undefined: not known, or later than a forecast looks. */
  readonly end: number | undefined;
  /** It is not here before this, ms since the epoch: the least that can be said where `end` is not known. Infinity: never, as it stands. */
  readonly earliest: number;
}

/** Says when the last of the methods has brought what it has to, if all go on as fast as they were, inside their windows. */
export function forecast(now: number, shares: readonly Outstanding[]): Forecast {
  const needed = shares.filter(({ bytes }) => bytes > 0);
  const ends = needed.map(endOf);
  const isKnown = needed.every(({ speed }) => speed() !== undefined) && !ends.includes(undefined);
  const earliest = Math.max(now, ...ends.map((end, index) => end ?? needed[index]?.openings.horizon ?? now));
  return { end: isKnown ? earliest : undefined, earliest };
}

/** Whether the deadline (ms since the epoch) is not met, as far as can be said. */
export const isAtRisk = (deadline: number | undefined, { earliest }: Forecast): boolean =>
  deadline !== undefined && earliest > deadline;

/** At the earliest, where the speed is not known. Undefined: it is not done within the horizon. */
function endOf({ bytes, openings, speed }: Outstanding): number | undefined {
  const speeds = new Map<number | undefined, number>();
  let left = bytes;
  for (const { opens, closes, rate: limit } of openings.periods()) {
    const rate = speeds.get(limit) ?? Math.min(speed(limit) ?? Infinity, limit ?? Infinity);
    speeds.set(limit, rate);
    const end = opens + (rate > 0 ? Math.ceil((left / rate) * 1000) : Infinity);
    if (end <= closes) return end;
    left -= (rate * (closes - opens)) / 1000;
  }
  return undefined;
}
