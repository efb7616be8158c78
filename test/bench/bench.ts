import type { Options } from './options.ts';

/** One line of the table. */
export interface Row {
  /** What was moved or measured: `feature, 1.00 GiB, origin nginx`. */
  readonly of: string;
  /** Who did it, or which figure it is. */
  readonly what: string;
  /** Unit of the samples. */
  readonly unit: 's' | 'ms' | 'MiB' | 'bytes' | 'copies' | 'count';
  /** One per round; none when it could not run. */
  readonly samples: readonly number[];
  /** Median over the rounds of how often our time goes into this one's (or the other way round: the goal says which). */
  readonly ratio?: number;
  readonly goal?: Goal;
  /** Why there are no samples, or what else is to be known. */
  readonly remark?: string;
}

interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

/** Something that `npm run bench` measures. */
export interface Bench {
  /** As it is called on the command line. */
  readonly name: string;
  readonly title: string;
  /** Only when it is asked for by name. */
  readonly isLong?: boolean;
  /** Rows as soon as they are known. Throws when we fail; a peer that fails is a row that says so. */
  run(options: Options): AsyncIterable<Row>;
}

/** A figure that must not be above `most`. */
export function atMost(most: number, value: number, unit: string): Goal {
  return { text: `≤ ${most} ${unit}`.trim(), isMet: value <= most };
}

/** What must hold exactly. */
export function mustBe(text: string, isMet: boolean): Goal {
  return { text, isMet };
}
