import { constants, setPriority } from 'node:os';

/** A thread that works by the megabyte gets what the event loops leave: on a machine that is busy they answer all the same. Elsewhere than on Linux it would be the whole process. */
export function stepBack(): void {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
