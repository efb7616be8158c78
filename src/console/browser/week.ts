import { addDays, dateOf, minuteOf } from './moment.ts';

export const MINUTES_OF_DAY = 24 * 60;

/** As `/api/v1/schedule` has it; null: no end known. */
export interface Period {
  readonly opens: string | null;
  readonly closes: string | null;
  /** Bytes per second; null: no limit. */
  readonly rate: number | null;
}

/** An open stretch within one day, in minutes since midnight. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly rate: number | null;
}

export interface Day {
  readonly date: string;
  readonly stretches: readonly Stretch[];
}

/** The open hours of `count` days from the day of `now` on, by the node's clock. */
export function week(periods: readonly Period[], now: string, count = 7): Day[] {
  return Array.from({ length: count }, (_, index) => {
    const date = addDays(dateOf(now), index);
    return { date, stretches: periods.flatMap(period => stretchOn(date, period)) };
  });
}

function stretchOn(date: string, { opens, closes, rate }: Period): Stretch[] {
  const from = opens === null || dateOf(opens) < date ? 0 : dateOf(opens) === date ? minuteOf(opens) : MINUTES_OF_DAY;
  const to = closes === null || dateOf(closes) > date ? MINUTES_OF_DAY : dateOf(closes) === date ? minuteOf(closes) : 0;
  return from < to ? [{ from, to, rate }] : [];
}

/** `07:05`; midnight at the end of a day is `24:00`. */
export function minuteText(minute: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
