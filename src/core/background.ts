import { constants, getPriority, setPriority } from 'node:os';

const LOW = constants.priority.PRIORITY_BELOW_NORMAL;

/** A thread that works by the megabyte gets what the event loops leave: on a busy machine they answer all the same. Elsewhere than on Linux it would be the whole process. */
export function stepBack(): void {
  if (process.platform !== 'linux') return;
  try {
    if (getPriority() < LOW) setPriority(LOW);
  } catch (error) {
    // Where the system allows no such thing it is done without.
    process.emitWarning(`the priority of a thread stays what it is: ${String(error)}`);
  }
}
