import type { Unit } from '../../torrent/manifest.ts';

/** Consecutive units of one file that are asked for in one request. */
export interface Range {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly units: readonly Unit[];
}

interface Rest {
  readonly units: readonly Unit[];
  /** Index of the first unit that was not handed out. */
  next: number;
  /** Ranges that were handed out and are not back. */
  open: number;
}

/** The units that are to be fetched, handed out as ranges, file by file. */
export class RangeQueue {
  readonly #files = new Map<string, Rest>();
  #left = 0;

  /** Units by file, in order. */
  constructor(files: ReadonlyMap<string, readonly Unit[]>) {
    for (const [file, units] of files) {
      this.#files.set(file, { units, next: 0, open: 0 });
      this.#left += units.reduce((sum, { length }) => sum + length, 0);
    }
  }

  /** Bytes that were not handed out. */
  get left(): number {
    return this.#left;
  }

  /** A range of up to `bytes`, or one unit if that is larger; undefined when no file has any that may have one more connection. */
  take(bytes: number, perFile: number): Range | undefined {
    for (const [file, rest] of this.#files) {
      if (rest.next === rest.units.length) {
        if (rest.open === 0) this.#files.delete(file);
      } else if (rest.open < perFile) {
        rest.open += 1;
        return this.#cut(file, rest, bytes);
      }
    }
    return undefined;
  }

  /** A range came back, fetched or not. */
  done({ file }: Range): void {
    const rest = this.#files.get(file);
    if (rest) rest.open -= 1;
  }

  /** Nothing more of this file. */
  drop(file: string): void {
    const { units = [], next = 0 } = this.#files.get(file) ?? {};
    for (let at = next; at < units.length; at++) this.#left -= units[at]?.length ?? 0;
    this.#files.delete(file);
  }

  #cut(file: string, rest: Rest, bytes: number): Range {
    const units: Unit[] = [];
    let length = 0;
    for (let unit = rest.units[rest.next]; unit && follows(units.at(-1), unit); unit = rest.units[rest.next]) {
      if (units.length > 0 && length + unit.length > bytes) break;
      units.push(unit);
      length += unit.length;
      rest.next += 1;
    }
    this.#left -= length;
    return { file, offset: units[0]?.offset ?? 0, length, units };
  }
}

const follows = (before: Unit | undefined, unit: Unit) => !before || before.offset + before.length === unit.offset;
