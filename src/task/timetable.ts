import { DAY_MINUTES, type Entry, readEntries, WEEK_DAYS, writeEntries, writeWindow } from './timetable-text.ts';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
const WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES;
/** Of the week: the epoch is a Thursday. */
const EPOCH_MINUTE = 4 * DAY_MINUTES;

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

/** A moment, ms since the epoch, where it lies in the week of the wall clock, and the clock's offset to UTC, both in minutes. */
interface Place {
  readonly at: number;
  readonly minute: number;
  readonly offset: number;
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
  /** It never closes. */
  readonly isWholeDay: boolean;
  /** It never closes and limits nothing. */
  readonly isAlways: boolean;
  readonly #steps: readonly Step[];
  /** Whoever reports asks for the same one several times. */
  #period: { readonly at: number; readonly found: Period } | undefined;

  private constructor(entries: readonly Entry[]) {
    this.text = writeEntries(entries);
    this.#steps = stepsOf(entries);
    this.isWholeDay = this.#steps.every(({ rate }) => rate > 0);
    this.isAlways = this.#steps.every(({ rate }) => rate === Infinity);
  }

  /** Reads a timetable; with `allows24`, for received tasks, `24:00` is `00:00` (BW-05). Throws TimetableError, whose message names the position. */
  static parse(text: string, { allows24 = false } = {}): Timetable {
    return new Timetable(readEntries(text, allows24));
  }

  isOpen(at: number): boolean {
    return this.#rateAt(placeOf(at)) > 0;
  }

  /** Bytes per second that may come at this moment; undefined: no limit; 0 while it is closed. */
  rate(at: number): number | undefined {
    return limitOf(this.#rateAt(placeOf(at)));
  }

  /** The first moment from `at` on at which it is open; ms since the epoch. */
  nextOpening(at: number): number {
    return this.#first(at, rate => rate > 0);
  }

  /** The first moment from `at` on at which it is closed; Infinity when it never closes. */
  closing(at: number): number {
    return this.isWholeDay ? Infinity : this.#first(at, rate => rate === 0);
  }

  /** The first moment after `at` at which it opens, closes or has another rate; Infinity when there is none. */
  nextChange(at: number): number {
    const now = this.#rateAt(placeOf(at));
    return this.#steps.length === 1 ? Infinity : this.#first(at, rate => rate !== now);
  }

  /** The opening that holds at this moment, else the next one; of one that never closes the present day. */
  period(at: number): Period {
    if (this.isWholeDay) return { opens: midnight(at, 0), closes: midnight(at, 1) };
    if (this.#period?.at === at) return this.#period.found;
    const opens = this.isOpen(at) ? this.#opened(at) : this.nextOpening(at);
    const found = { opens, closes: this.closing(Math.max(opens, at)) };
    this.#period = { at, found };
    return found;
  }

  /** When it is open between two moments, one after the other, each with its rate; cut at both ends. */
  periods(from: number, to: number): RatedPeriod[] {
    const found: RatedPeriod[] = [];
    for (let place = placeOf(from); place.at < to; ) {
      const rate = this.#rateAt(place);
      const next = this.#next(place);
      if (rate > 0) append(found, place.at, Math.min(next.at, to), limitOf(rate));
      place = next;
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

  #rateAt({ minute }: Place): number {
    return this.#steps[this.#stepAt(minute)]?.rate ?? 0;
  }

  /** Index of the step that holds at a minute of the week: the last that begins by then. There may be hundreds. */
  #stepAt(minute: number): number {
    let [low, high] = [0, this.#steps.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#steps[middle]?.from ?? Infinity) <= minute) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** One that is wanted must come some time. */
  #first(at: number, isWanted: (rate: number) => boolean): number {
    let place = placeOf(at);
    while (!isWanted(this.#rateAt(place))) place = this.#next(place);
    return place.at;
  }

  /**
   * The next moment at which the rate can be another one. Where the offset to UTC changes on the way it goes by quarters of an hour (UTC): offsets
   * change only there, between them the wall clock runs evenly.
   */
  #next({ at, minute, offset }: Place): Place {
    const from = this.#steps[this.#stepAt(minute) + 1]?.from ?? WEEK_MINUTES;
    const next = placeOf(floor(at, MINUTE_MS) + Math.min(from - minute, DAY_MINUTES) * MINUTE_MS);
    if (next.offset === offset) return next;
    const quarter = floor(at, QUARTER_MS) + QUARTER_MS;
    return quarter < next.at ? placeOf(quarter) : next;
  }
}

/** One period goes on where only the day or the offset changed. */
function append(found: RatedPeriod[], opens: number, closes: number, rate: number | undefined): void {
  const last = found.at(-1);
  if (last?.closes === opens && last.rate === rate) found[found.length - 1] = { ...last, closes };
  else found.push({ opens, closes, ...(rate === undefined ? {} : { rate }) });
}

/** The earlier entries lie over the later ones. */
function stepsOf(entries: readonly Entry[]): Step[] {
  const edges = [...new Set([0, ...entries.flatMap(edgesOf)])].toSorted((a, b) => a - b);
  const places = new Map(edges.map((from, index) => [from, index]));
  const rates = edges.map(() => 0);
  for (const { rate, ...entry } of entries.toReversed())
    for (const [from, to] of spansOf(entry)) rates.fill(rate, places.get(from), places.get(to));
  const steps = edges.map((from, index) => ({ from, rate: rates[index] ?? 0 }));
  return steps.filter(({ rate }, index) => rate !== steps[index - 1]?.rate);
}

function edgesOf(entry: Omit<Entry, 'rate'>): number[] {
  return spansOf(entry)
    .flat()
    .filter(minute => minute < WEEK_MINUTES);
}

/** In minutes of the week; what goes over its end goes on at its beginning. */
function spansOf({ days, start, end }: Omit<Entry, 'rate'>): [from: number, to: number][] {
  const length = end > start ? end - start : end - start + DAY_MINUTES;
  return days.flatMap(day => {
    const from = day * DAY_MINUTES + start;
    const over = from + length - WEEK_MINUTES;
    return over > 0
      ? [
          [from, WEEK_MINUTES],
          [0, over],
        ]
      : [[from, from + length]];
  });
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

function placeOf(at: number): Place {
  const offset = new Date(at).getTimezoneOffset();
  const minute = Math.floor(at / MINUTE_MS - offset) + EPOCH_MINUTE;
  return { at, offset, minute: ((minute % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES };
}

function midnight(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}
