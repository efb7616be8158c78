export const DAY_MINUTES = 24 * 60;
export const WEEK_DAYS = 7;
/** A timetable comes with tasks of others: bounded. */
const MAX_LENGTH = 1000;
const MAX_ENTRIES = 50;
/** As Date.getDay() counts them. */
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const EVERY_DAY: readonly number[] = DAYS.keys().toArray();
const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0];
const UNITS = { T: 1024 ** 4, G: 1024 ** 3, M: 1024 ** 2, K: 1024, B: 1 };
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const RATE = /^(\d+(?:\.\d+)?)(?:(B)|([KMGT])(?:i|iB)?)?$/i;
const SHOWN = 20;

export interface Entry {
  /** 0 … 6, Sunday is 0. */
  readonly days: readonly number[];
  /** Minutes after midnight. The whole day: both 0. */
  readonly start: number;
  readonly end: number;
  /** Bytes per second; Infinity: no limit. */
  readonly rate: number;
}

/** A text that is no timetable. The message says where and why: `character 12: "25:00" is no time of day (00:00 … 23:59)`. */
export class TimetableError extends Error {
  override readonly name = 'TimetableError';
}

/** Reads `[DAYS ]HH:MM-HH:MM[ RATE]; …`. With `allows24` `24:00` is `00:00` (BW-05). Throws TimetableError. */
export function readEntries(text: string, allows24: boolean): Entry[] {
  const scanner = new Scanner(text);
  if (text.length > MAX_LENGTH) scanner.fail(`more than ${MAX_LENGTH} characters`, MAX_LENGTH);
  const entries: Entry[] = [];
  do {
    if (entries.length === MAX_ENTRIES) scanner.fail(`more than ${MAX_ENTRIES} entries`);
    entries.push(readEntry(scanner, allows24));
  } while (scanner.take(/;/y) !== undefined);
  return entries;
}

/** The text of the entries as everybody would write it. */
export function writeEntries(entries: readonly Entry[]): string {
  return entries.map(writeEntry).join('; ');
}

/** `00:00-23:59` for the whole day, as original nodes have it. */
export function writeWindow(start: number, end: number): string {
  return start === end ? '00:00-23:59' : `${clockTime(start)}-${clockTime(end)}`;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What a sticky pattern finds here is taken. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  skipSpace(): void {
    this.take(/\s*/y);
  }

  get isAtEntryEnd(): boolean {
    return this.#at === this.#text.length || this.#text[this.#at] === ';';
  }

  get position(): number {
    return this.#at;
  }

  /** Positions are given as people count them, from 1. */
  fail(why: string, at = this.#at): never {
    throw new TimetableError(`character ${at + 1}: ${why}`);
  }
}

function readEntry(scanner: Scanner, allows24: boolean): Entry {
  scanner.skipSpace();
  if (scanner.isAtEntryEnd) scanner.fail('an entry is missing: [DAYS ]HH:MM-HH:MM[ RATE]');
  const days = readDays(scanner);
  scanner.skipSpace();
  const start = readTime(scanner, allows24);
  if (scanner.take(/-/y) === undefined) scanner.fail('"-" and the end of the window are missing');
  const end = readTime(scanner, allows24);
  scanner.skipSpace();
  const rate = scanner.isAtEntryEnd ? Infinity : readRate(scanner);
  scanner.skipSpace();
  if (!scanner.isAtEntryEnd) failAtRest(scanner);
  const isWholeDay = start === end || (start === 0 && end === DAY_MINUTES - 1);
  return { days, rate, ...(isWholeDay ? { start: 0, end: 0 } : { start, end }) };
}

function failAtRest(scanner: Scanner): never {
  const at = scanner.position;
  return scanner.fail(`${quoted(scanner.take(/[^;]+/y))} is too much here: ";" parts entries`, at);
}

/** None: every day. */
function readDays(scanner: Scanner): readonly number[] {
  if (scanner.take(/(?=\p{L})/uy) === undefined) return EVERY_DAY;
  const days = new Set<number>();
  do {
    const first = readDay(scanner);
    const last = scanner.take(/-/y) === undefined ? first : readDay(scanner);
    const length = (last - first + WEEK_DAYS) % WEEK_DAYS;
    for (let day = 0; day <= length; day++) days.add((first + day) % WEEK_DAYS);
  } while (scanner.take(/\s*,\s*/y) !== undefined);
  return [...days].toSorted((a, b) => a - b);
}

function readDay(scanner: Scanner): number {
  const at = scanner.position;
  const word = scanner.take(/[^\s;,-]*/y) ?? '';
  const day = DAYS.findIndex(name => [name, name.slice(0, 3)].includes(word.toLowerCase()));
  return day >= 0 ? day : scanner.fail(`${quoted(word)} is no day (Mon … Sun)`, at);
}

function readTime(scanner: Scanner, allows24: boolean): number {
  const at = scanner.position;
  const word = scanner.take(/[^\s;-]*/y) ?? '';
  const found = TIME.exec(word);
  if (!found || (word === '24:00' && !allows24)) {
    const why = word === '24:00' ? ': write 00:00' : ' (00:00 … 23:59)';
    return scanner.fail(`${quoted(word)} is no time of day${why}`, at);
  }
  const [hour, minute] = found.slice(1).map(digits => Number(digits ?? 0));
  return Number(hour) * 60 + Number(minute);
}

/** As rclone takes it: powers of 1024, KiB without a unit. */
function readRate(scanner: Scanner): number {
  const at = scanner.position;
  const word = scanner.take(/[^\s;]+/y) ?? '';
  if (word.toLowerCase() === 'off') return Infinity;
  const [, digits, bytes, unit = bytes ?? 'K'] = RATE.exec(word) ?? [];
  if (digits === undefined) scanner.fail(`${quoted(word)} is no rate (512K, 1.5M, off)`, at);
  const rate = Math.round(Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS]);
  if (rate === 0) scanner.fail(`${quoted(word)} is no rate: leave the hours out instead`, at);
  return Number.isSafeInteger(rate) ? rate : scanner.fail(`${quoted(word)} is too much`, at);
}

const quoted = (word = '') => `"${word.length > SHOWN ? `${word.slice(0, SHOWN)}…` : word}"`;

function writeEntry({ days, start, end, rate }: Entry): string {
  const parts = [writeWindow(start, end)];
  if (days.length < WEEK_DAYS) parts.unshift(writeDays(days));
  if (rate !== Infinity) parts.push(writeRate(rate));
  return parts.join(' ');
}

/** Three and more in a row as a range. */
function writeDays(days: readonly number[]): string {
  const rows: number[][] = [];
  for (const [index, day] of MONDAY_FIRST.entries()) {
    if (!days.includes(day)) continue;
    const row = rows.at(-1);
    if (row && row.at(-1) === MONDAY_FIRST[index - 1]) row.push(day);
    else rows.push([day]);
  }
  const named = rows.map(row => row.map(shortName));
  return named.map(row => (row.length > 2 ? `${row[0]}-${row.at(-1)}` : row.join(','))).join(',');
}

function shortName(day: number): string {
  const name = DAYS[day] ?? '';
  return name.slice(0, 1).toUpperCase() + name.slice(1, 3);
}

function writeRate(rate: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, size]) => rate % size === 0) ?? ['B', 1];
  return `${rate / size}${unit}`;
}

function clockTime(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
