import { BftError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import { formatBytes } from '../core/units.ts';
import type { Meter } from './meter.ts';

/** Bytes that were asked for and have not all come yet. */
export interface Asked {
  readonly came: (bytes: number) => void;
  /** No more will come. */
  readonly end: () => void;
}

/** Keeps what a method brings for one task, wrong bytes included, below a cap: what is asked for counts before it comes. */
export class ByteCap {
  readonly #method: Method;
  readonly #meter: Meter;
  /** Bytes; 0: none. */
  readonly #cap: () => number;
  #asked = 0;

  constructor(method: Method, meter: Meter, cap: () => number) {
    this.#method = method;
    this.#meter = meter;
    this.#cap = cap;
  }

  /** Bytes that may still be asked for. */
  get left(): number {
    const cap = this.#cap();
    return cap === 0 ? Infinity : cap - this.#meter.received - this.#asked;
  }

  /** Throws CAP_REACHED. */
  ask(bytes: number): Asked {
    if (bytes > this.left) {
      const cap = `${this.#method}cap ${formatBytes(this.#cap())}`;
      throw new BftError('CAP_REACHED', `${this.#method} has moved all that ${cap} allows for this task`);
    }
    let open = bytes;
    const settle = (settled: number) => {
      this.#asked -= settled;
      open -= settled;
    };
    this.#asked += bytes;
    return { came: came => settle(Math.min(came, open)), end: () => settle(open) };
  }
}
