import { asBftError, type BftError } from '../../core/errors.ts';

/** A source whose answers are all wrong is not asked for the rest of 200 GB. */
const MOST_IN_A_ROW = 8;

/** What went wrong in one fetch. Wrong bytes and refused files do not keep the others from being fetched, unless nothing right comes in between. */
export class Faults {
  #inARow = 0;
  #isOver = false;
  #healing: BftError | undefined;
  #final: BftError | undefined;

  add(thrown: unknown): void {
    const error = asBftError(thrown, 'INTERNAL', 'fetching over HTTP');
    this.#inARow += 1;
    if (!isOfOneFile(error)) this.#isOver = true;
    if (error.permanent) this.#final ??= error;
    else this.#healing ??= error;
  }

  /** Something right came in. */
  reset(): void {
    this.#inARow = 0;
  }

  get isEnough(): boolean {
    return this.#isOver || this.#inARow >= MOST_IN_A_ROW;
  }

  /** What time may heal comes first: the next try brings the rest before a refusal ends it. */
  get error(): BftError | undefined {
    return this.#healing ?? this.#final;
  }
}

/** True when it says nothing about other files of the source. */
export function isOfOneFile({ code, permanent }: BftError): boolean {
  return code === 'WRONG_BYTES' || (code === 'SOURCE_REFUSES' && permanent);
}
