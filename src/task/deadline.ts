import { BftError } from '../core/errors.ts';
import type { TaskFile } from './task-file.ts';

const FORM = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)(?::(\d\d))?$/;
const SHAPE = 'YYYY-MM-DD HH:MM[:SS]';

/** A deadline as it was read: its text with seconds, and the moment in ms since the epoch. */
export interface Deadline {
  readonly text: string;
  readonly at: number;
}

/**
 * Reads a deadline, local wall-clock time of the node that reads it (decision 12). Throws PARAMETER_INVALID with what is
 * wrong where. A time that the clock jumps over is the moment after as long a while, as receivers in other zones may have to read it.
 */
export function parseDeadline(text: string): Deadline {
  const problem = problemOf(text);
  if (problem !== undefined)
    throw new BftError('PARAMETER_INVALID', `"deadline" is ${JSON.stringify(text.slice(0, 40))}: ${problem}`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers(text);
  const at = new Date(year, month - 1, day, hour, minute, second).getTime();
  return { text: text.length === SHAPE.length - '[:SS]'.length ? `${text}:00` : text, at };
}

/** The deadline of a task in ms since the epoch; undefined without one, and where it cannot be read. */
export function deadlineOf({ deadline = '' }: TaskFile): number | undefined {
  return deadline === '' || problemOf(deadline) !== undefined ? undefined : parseDeadline(deadline).at;
}

/** Undefined for a time that there is. */
function problemOf(text: string): string | undefined {
  if (!FORM.test(text)) return misshapen(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers(text);
  if (year < 1970) return `the year ${year} lies before 1970`;
  if (month < 1 || month > 12) return `there is no month ${month}`;
  if (day < 1 || day > new Date(year, month, 0).getDate()) return `${text.slice(0, 7)} has no day ${day}`;
  if (hour > 23) return `there is no hour ${hour}`;
  if (minute > 59) return `there is no minute ${minute}`;
  return second > 59 ? `there is no second ${second}` : undefined;
}

const numbers = (text: string) => (FORM.exec(text) ?? []).slice(1).map(digits => Number(digits ?? 0));

/** Says at which character the text leaves the form. */
function misshapen(text: string): string {
  const sample = '0000-00-00 00:00:00';
  const expected = (index: number) =>
    sample[index] === '0' ? /\d/.test(text[index] ?? '') : text[index] === sample[index];
  const wrong = Array.from(sample).findIndex((_, index) => !expected(index));
  const place = wrong === -1 ? sample.length : wrong;
  const found = place < text.length ? JSON.stringify(text[place]) : 'the end';
  return `must be ${SHAPE}, but has ${found} at character ${place + 1}`;
}
