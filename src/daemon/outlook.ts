import { BftError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import { deadlineOf } from '../task/deadline.ts';
import { type Forecast, forecast, isAtRisk, Openings, type Speed } from '../task/forecast.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { SeenRates } from '../roles/seen-rates.ts';
import type { Timetable } from '../task/timetable.ts';
import type { RateLimits } from '../transfer/rate-limits.ts';

/** Each keeps up to some hundred KiB. */
const MOST_OPENINGS = 50;

/** When the node fetches a method's share of a task. Throws TASK_FILE_INVALID. */
export type TimetableOf = (task: TaskFile, method: Method) => Timetable;

/** When a task will be here, and whether that is soon enough. */
export interface Prospect {
  /** ms since the epoch. */
  readonly deadline: number | undefined;
  readonly forecast: Forecast;
  readonly isAtRisk: boolean;
}

/** Bytes that a method brought, and is to bring, by method. */
export type Amounts = Readonly<Partial<Record<Method, { readonly bytes: number; readonly total: number }>>>;

export interface OutlookComponents {
  readonly rates: Pick<SeenRates, 'rate'>;
  readonly limits: Pick<RateLimits, 'most'>;
  readonly timetableOf: TimetableOf;
}

/** One look at any number of tasks: what they follow alike is worked out once. */
export class Outlook {
  readonly #c: OutlookComponents;
  readonly #now: number;
  readonly #openings = new Map<string, Openings>();

  constructor(components: OutlookComponents, now: number) {
    this.#c = components;
    this.#now = now;
  }

  prospect(name: string, task: TaskFile, amounts: Amounts): Prospect {
    const shares = Object.entries(amounts) as [Method, { bytes: number; total: number }][];
    const outstanding = shares.flatMap(([method, { bytes, total }]) => {
      const openings = this.#openingsOf(task, method);
      return openings ? [{ bytes: total - bytes, speed: this.#speed(name, method), openings }] : [];
    });
    return prospectOf(task, forecast(this.#now, outstanding));
  }

  /** Of a task of which it is not known yet what is here: only a deadline that has passed is missed. */
  unknown(task: TaskFile): Prospect {
    return prospectOf(task, { end: undefined, earliest: this.#now });
  }

  /** Of a task that nobody goes on with. */
  never(task: TaskFile): Prospect {
    return prospectOf(task, { end: undefined, earliest: Infinity });
  }

  /** As it was, no faster than the limits of now let it be. */
  #speed(name: string, method: Method): Speed {
    const most = this.#c.limits.most(name);
    return (limit = Infinity) => {
      const least = Math.min(limit, most);
      return this.#c.rates.rate(name, method, Number.isFinite(least) ? least : undefined);
    };
  }

  #openingsOf(task: TaskFile, method: Method): Openings | undefined {
    const timetable = hoursOf(this.#c.timetableOf, task, method);
    if (!timetable) return undefined;
    const known = this.#openings.get(timetable.text) ?? new Openings(timetable, this.#now);
    if (this.#openings.size >= MOST_OPENINGS) this.#openings.clear();
    this.#openings.set(timetable.text, known);
    return known;
  }
}

/** Undefined where the hours of a task cannot be read: it is refused elsewhere. */
export function hoursOf(timetableOf: TimetableOf, task: TaskFile, method: Method): Timetable | undefined {
  try {
    return timetableOf(task, method);
  } catch (error) {
    if (error instanceof BftError) return undefined;
    throw error;
  }
}

function prospectOf(task: TaskFile, found: Forecast): Prospect {
  const deadline = deadlineOf(task);
  return { deadline, forecast: found, isAtRisk: isAtRisk(deadline, found) };
}
