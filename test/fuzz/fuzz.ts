import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { BftError, type ErrorCode } from '../../src/core/errors.ts';
import { withoutDisk } from './without-disk.ts';

/** `FUZZ=100 npm test -- 'test/fuzz/*.test.ts'` tries a hundred times as much; `FUZZ_SEED` repeats what a failure says. */
const TIMES = Number(process.env.FUZZ ?? 1);
const SEED = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) };
/** No single run of one parser takes a hundredth of that. */
const PATIENCE_MS = 40_000 * TIMES;

export interface Target<T> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Executions. */
  readonly runs: number;
  /** The only codes with which it may refuse; anything else that is thrown is a defect. */
  readonly refusals: readonly ErrorCode[];
  /** Gives the input to the parser and holds what comes of it against what everybody relies on. */
  check(this: void, input: T): void;
}

/** How often, by FUZZ. */
export const runsOf = (runs: number) => ({ ...SEED, numRuns: runs * TIMES });

/**
 * A test that gives a parser hostile inputs. It gives a value whose invariants hold or throws one of the documented refusals; it returns, touches no
 * disk, and leaves the prototypes alone.
 */
export function fuzz<T>({ name, inputs, runs, refusals, check }: Target<T>): void {
  it(`${name}: ${runs * TIMES} inputs`, function () {
    this.timeout(2 * PATIENCE_MS);
    let executions = 0;
    let refused = 0;
    const once = (input: T) => {
      executions += 1;
      try {
        check(input);
      } catch (error) {
        if (!(error instanceof BftError) || !refusals.includes(error.code)) throw error;
        assert.notEqual(error.message, '');
        refused += 1;
      }
    };
    const all = () => fc.assert(fc.property(inputs, once), runsOf(runs));
    withoutDisk(() => returning(all));
    assert.equal(executions, runs * TIMES);
    assert.ok(refused < executions, 'no input came through: nothing was held');
    assert.deepEqual(Object.keys(Object.prototype), []);
  });
}

/** Fails instead of standing still when `work` goes round for ever. */
function returning(work: () => void): void {
  runInContext('work()', createContext({ work }), { timeout: PATIENCE_MS });
}

/** Holds a path against what everybody relies on: below the directory that it is joined to, and the same on every system. */
export function assertSafePath(path: string): void {
  const segments = path.split('/');
  assert.ok(
    segments.every(segment => !['', '.', '..'].includes(segment) && Buffer.byteLength(segment) <= 255),
    JSON.stringify(path),
  );
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(path, /[\0-\x1f\\]/);
  assert.ok(path.isWellFormed());
}
