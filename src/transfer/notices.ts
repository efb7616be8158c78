import type { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';

/** Why methods do not move right now. */
export class Notices {
  readonly #errors = new Map<Method, BftError>();

  /** undefined: it moves. */
  set(method: Method, error: BftError | undefined): void {
    if (error) this.#errors.set(method, error);
    else this.#errors.delete(method);
  }

  of(method: Method): BftError | undefined {
    return this.#errors.get(method);
  }

  /** The trouble of any method; one that time does not heal comes first. To wait for a window is none (BW-03), nor for an operator. */
  get trouble(): BftError | undefined {
    const all = METHODS.flatMap(method => this.#errors.get(method) ?? []).filter(
      ({ code }) => code !== 'WINDOW_CLOSED' && code !== 'TASK_PAUSED',
    );
    return all.find(error => error.permanent) ?? all[0];
  }
}
