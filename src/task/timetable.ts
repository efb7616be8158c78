import { DAY_MINUTES, type Entry, readEntries, WEEK_DAYS, writeEntries, writeWindow } from './timetable-text.ts';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
const WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES;

export interface Period {
  /** ms since the epoch. */
  readonly opens: number;
  /** ms since the epoch. */
  readonly closes: number;
}

export interface RatedPeriod extends Period {
  /** Bytes per second; absent: no limit. */
  readonly rate?: number;
}

/** From this minute of the week on, Sunday 00:00 is 0: bytes per second; 0: closed, Infinity: no limit. */
interface Step {
  readonly from: number;
  readonly rate: number;
}

/**
 * When one may fetch, and how fast: `HH:MM-HH:MM` as the original has it, or several entries `[DAYS ]HH:MM-HH:MM[ RATE]` parted by `;`, of the
 * node's wall clock (BW-01, BW-07, decision 6). The first entry that covers a moment says its rate. An end that is not after the start lies on the next
 * day (BW-02), and the window belongs to the day on which it starts; equal ends and `00:00-23:59` are the whole day (of the days that are named). It is
 * open whenever the wall clock reads a minute in it, so that on the days of a DST change it is as much shorter or longer as the clock makes it.
 */
export class Timetable {
  static readonly always = Timetable.parse('00:00-23:59');
  /** As everybody would write it. */
  readonly text: string;
  readonly #steps: readonly Step[];

  private constructor(entries: readonly Entry[]) {
    this.text = writeEntries(entries);
    this.#steps = stepsOf(entries);
  }

  /** Reads a timetable; with `allows24`, for received tasks, `24:00` is `00:00` (BW-05). Throws TimetableError, whose message names the position. */
  static parse(text: string, { allows24 = false } = {}): Timetable {
    return new Timetable(readEntries(text, allows24));
  }

  /** It never closes. */
  get isWholeDay(): boolean {
    return this.#steps.every(({ rate }) => rate > 0);
  }

  /** It never closes and limits nothing. */
  get isAlways(): boolean {
    return this.#steps.every(({ rate }) => rate === Infinity);
  }

  isOpen(at: number): boolean {
    return this.#rateAt(at) > 0;
  }

  /** Bytes per second that may come at this moment; undefined: no limit; 0 while it is closed. */
  rate(at: number): number | undefined {
    return limitOf(this.#rateAt(at));
  }

  /** The first moment from `at` on at which it is open; ms since the epoch. */
  nextOpening(at: number): number {
    return this.#first(at, rate => rate > 0);
  }

  /** The first moment from `at` on at which it is closed; Infinity when it never closes. */
  closing(at: number): number {
    return this.#first(at, rate => rate === 0);
  }

  /** The first moment after `at` at which it opens, closes or has another rate; Infinity when there is none. */
  nextChange(at: number): number {
    const now = this.#rateAt(at);
    return this.#first(at, rate => rate !== now);
  }

  /** The opening that holds at this moment, else the next one; of one that never closes the present day. */
  period(at: number): Period {
    if (this.isWholeDay) return { opens: midnight(at, 0), closes: midnight(at, 1) };
    const opens = this.isOpen(at) ? this.#opened(at) : this.nextOpening(at);
    return { opens, closes: this.closing(Math.max(opens, at)) };
  }

  /** When it is open between two moments, one after the other, each with its rate; cut at both ends. */
  periods(from: number, to: number): RatedPeriod[] {
    const found: RatedPeriod[] = [];
    for (let opens = this.nextOpening(from); opens < to; ) {
      const change = this.nextChange(opens);
      const rate = this.rate(opens);
      found.push({ opens, closes: Math.min(change, to), ...(rate === undefined ? {} : { rate }) });
      opens = change < to ? this.nextOpening(change) : to;
    }
    return found;
  }

  /**
   * The one `HH:MM-HH:MM` that an original node can follow: of all daily windows whose ends are ends of this timetable, the one that differs from its
   * fastest hours in the fewest minutes of a week; of equal ones the shorter, then the earlier.
   */
  nearestWindow(): string {
    const fast = this.#fastMinutes();
    const days = [0];
    for (const count of fast) days.push((days.at(-1) ?? 0) + count);
    const changes = this.#steps.filter(({ rate }, index) => rate !== this.#steps.at(index - 1)?.rate);
    const ends = new Set(changes.map(({ from }) => from % DAY_MINUTES)).keys().toArray();
    const windows = ends.flatMap(start => ends.map(end => daily(start, end, days)));
    const [best] = windows.toSorted((a, b) => b.gain - a.gain || a.length - b.length || a.start - b.start);
    return best ? writeWindow(best.start, best.end) : writeWindow(0, 0);
  }

  /** On how many days of the week a minute of the day has the greatest rate. */
  #fastMinutes(): number[] {
    const greatest = Math.max(...this.#steps.map(({ rate }) => rate));
    const counts = Array.from({ length: DAY_MINUTES }, () => 0);
    for (const [index, { from, rate }] of this.#steps.entries()) {
      if (rate !== greatest) continue;
      const to = this.#steps[index + 1]?.from ?? WEEK_MINUTES;
      for (let minute = from; minute < to; minute++)
        counts[minute % DAY_MINUTES] = (counts[minute % DAY_MINUTES] ?? 0) + 1;
    }
    return counts;
  }

  /** The first moment of the opening that holds now: looked for in the last day, then the last two, … */
  #opened(at: number): number {
    for (let days = 1; ; days *= 2) {
      const from = at - days * DAY_MS;
      let opens = this.nextOpening(from);
      for (let closes = this.closing(opens); closes <= at; closes = this.closing(opens))
        opens = this.nextOpening(closes);
      if (opens > from) return opens;
    }
  }

  #rateAt(at: number): number {
    const minute = minuteOfWeek(at);
    return this.#steps.findLast(({ from }) => from <= minute)?.rate ?? 0;
  }

  #first(at: number, isWanted: (rate: number) => boolean): number {
    if (!this.#steps.some(({ rate }) => isWanted(rate))) return Infinity;
    let moment = at;
    while (!isWanted(this.#rateAt(moment))) moment = this.#next(moment);
    return moment;
  }

  /**
   * The next moment at which the rate can be another one. Where the offset to UTC changes on the way it goes by quarters of an hour (UTC): offsets
   * change only there, between them the wall clock runs evenly.
   */
  #next(moment: number): number {
    const minute = minuteOfWeek(moment);
    const from = this.#steps.find(({ from }) => from > minute)?.from ?? WEEK_MINUTES;
    const next = floor(moment, MINUTE_MS) + Math.min(from - minute, DAY_MINUTES) * MINUTE_MS;
    return offset(moment) === offset(next) ? next : Math.min(next, floor(moment, QUARTER_MS) + QUARTER_MS);
  }
}

function stepsOf(entries: readonly Entry[]): Step[] {
  const edges = new Set([0, ...entries.flatMap(edgesOf)]);
  const steps: Step[] = [];
  for (const from of [...edges].toSorted((a, b) => a - b)) {
    const rate = entries.find(entry => covers(entry, from))?.rate ?? 0;
    if (rate !== steps.at(-1)?.rate) steps.push({ from, rate });
  }
  return steps;
}

function edgesOf({ days, start, end }: Entry): number[] {
  const length = end > start ? end - start : end - start + DAY_MINUTES;
  return days.flatMap(day => [start, start + length].map(minute => (day * DAY_MINUTES + minute) % WEEK_MINUTES));
}

function covers({ days, start, end }: Entry, minuteOfWeek: number): boolean {
  const day = Math.floor(minuteOfWeek / DAY_MINUTES);
  const minute = minuteOfWeek % DAY_MINUTES;
  if (start < end) return days.includes(day) && minute >= start && minute < end;
  const dayBefore = (day + WEEK_DAYS - 1) % WEEK_DAYS;
  return (days.includes(day) && minute >= start) || (days.includes(dayBefore) && minute < end);
}

/** A daily window, and by how many minutes of a week it meets the fast ones more often than not. `days`: sums up to each minute of the day. */
function daily(start: number, end: number, days: readonly number[]) {
  const length = end > start ? end - start : end - start + DAY_MINUTES;
  const sum = (to: number) => days[to] ?? 0;
  const met = end > start ? sum(end) - sum(start) : sum(DAY_MINUTES) - sum(start) + sum(end);
  return { start, end, length, gain: 2 * met - length * WEEK_DAYS };
}

const limitOf = (rate: number) => (rate === Infinity ? undefined : rate);
const floor = (moment: number, step: number) => Math.floor(moment / step) * step;
const offset = (at: number) => new Date(at).getTimezoneOffset();

function minuteOfWeek(at: number): number {
  const date = new Date(at);
  return date.getDay() * DAY_MINUTES + date.getHours() * 60 + date.getMinutes();
}

function midnight(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}
