import type { Method } from '../core/method.ts';
import type { TaskFile } from './task-file.ts';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MINUTES = 24 * 60;
const FORM = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

export interface Period {
  /** ms since the epoch. */
  readonly opens: number;
  /** ms since the epoch. */
  readonly closes: number;
}

/**
 * A daily window `HH:MM-HH:MM` of the node's wall clock (BW-01, BW-07, decision 6). An end that is not after the start lies on the next day (BW-02);
 * equal ends and `00:00-23:59` are the whole day. It is open whenever the wall clock reads a minute in it, so that on the days of a DST change it
 * is as much shorter or longer as the clock makes it.
 */
export class Window {
  static readonly wholeDay = new Window(0, 0);
  readonly #start: number;
  readonly #end: number;

  /** Minutes after midnight. */
  private constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  /** Reads a window; `24:00` is `00:00` (BW-05). Undefined for anything else. */
  static parse(text: string): Window | undefined {
    const found = FORM.exec(text.trim());
    if (!found) return undefined;
    const [hour, minute, endHour, endMinute] = found.slice(1).map(digits => Number(digits ?? 0));
    return new Window(Number(hour) * 60 + Number(minute), Number(endHour) * 60 + Number(endMinute));
  }

  get isWholeDay(): boolean {
    return this.#start === this.#end || (this.#start === 0 && this.#end === DAY_MINUTES - 1);
  }

  isOpen(at: number): boolean {
    if (this.isWholeDay) return true;
    const minute = minuteOfDay(at);
    return this.#start < this.#end
      ? minute >= this.#start && minute < this.#end
      : minute >= this.#start || minute < this.#end;
  }

  /** The first moment from `at` on at which it is open; ms since the epoch. */
  nextOpening(at: number): number {
    return this.#first(at, true);
  }

  /** The first moment from `at` on at which it is closed; Infinity for the whole day. */
  closing(at: number): number {
    return this.isWholeDay ? Infinity : this.#first(at, false);
  }

  /** The opening that holds at this moment, else the next one. A whole day is shown from one start to the next. */
  period(at: number): Period {
    const opens = this.isOpen(at) ? this.#lastStart(at) : this.nextOpening(at);
    const closes = this.isWholeDay ? localTime(opens, 1, this.#start) : this.closing(Math.max(opens, at));
    return { opens, closes };
  }

  get text(): string {
    return this.#start === this.#end && this.#start === 0
      ? '00:00-23:59'
      : `${clockTime(this.#start)}-${clockTime(this.#end)}`;
  }

  /** Goes by quarters of an hour (UTC): offsets change only there, between them the wall clock runs evenly. */
  #first(at: number, isOpen: boolean): number {
    const target = isOpen ? this.#start : this.#end;
    let moment = at;
    while (this.isOpen(moment) !== isOpen) {
      const minutes = (target - minuteOfDay(moment) + DAY_MINUTES) % DAY_MINUTES;
      moment = Math.min(floor(moment, QUARTER_MS) + QUARTER_MS, floor(moment, MINUTE_MS) + minutes * MINUTE_MS);
    }
    return moment;
  }

  #lastStart(at: number): number {
    return localTime(at, minuteOfDay(at) < this.#start ? -1 : 0, this.#start);
  }
}

/** The window that the task gives a method (BW-04). Absent or unreadable: the whole day. */
export function taskWindow(task: TaskFile, method: Method): Window {
  return Window.parse(task[method].priortime ?? '') ?? Window.wholeDay;
}

export const isPriortime = ({ policy }: TaskFile): boolean => policy === 'priortime';

const floor = (moment: number, step: number) => Math.floor(moment / step) * step;

function minuteOfDay(at: number): number {
  const date = new Date(at);
  return date.getHours() * 60 + date.getMinutes();
}

function localTime(at: number, days: number, minutes: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 0, minutes).getTime();
}

function clockTime(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
