import { setImmediate as turn } from 'node:timers/promises';

/** Steps that may be done in one go. */
const STEPS = 200;

/** For long loops: every so many steps others have their turn. */
export class Breather {
  #steps = 0;

  async step(): Promise<void> {
    this.#steps += 1;
    if (this.#steps % STEPS === 0) await turn();
  }
}
