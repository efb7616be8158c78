import { BftError } from '../core/errors.ts';

/** What an operator asks does not fit the state that the task is in. */
export const unfit = (name: string, why: string): BftError => new BftError('TASK_STATE_UNFIT', `${name} ${why}`);
