import { BftError } from '../core/errors.ts';
import type { SendingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { PausedTasks } from '../roles/paused-tasks.ts';
import type { Sender } from '../roles/sender.ts';
import type { TaskMaker } from '../roles/task-maker.ts';
import { unfit } from '../roles/unfit.ts';
import type { ControlledSide } from './control.ts';

interface Components {
  readonly store: TaskStore<SendingState>;
  readonly paused: PausedTasks<SendingState>;
  readonly sender: Sender;
  readonly maker: TaskMaker;
}

/** The tasks that a sender makes and sends. */
export function sentSide({ store, paused, sender, maker }: Components): ControlledSide {
  const isMaking = (name: string) => maker.makings().some(entry => entry.name === name && !entry.failure);
  const isHere = async (name: string) => (await store.find(name)) !== undefined;
  const acting = (action: 'pause' | 'resume' | 'retry') => async (name: string) => {
    if (isMaking(name) && !(await isHere(name))) throw unfit(name, 'is being made: it can only be cancelled');
    await sender.control[action](name);
  };
  return {
    pause: acting('pause'),
    resume: acting('resume'),
    retry: acting('retry'),
    isPaused: name => paused.has(name),
    cancel: async (name, files) => {
      if (files && (isMaking(name) || (await isHere(name)))) {
        throw unfit(name, 'is sent from here: its package is the original, and is not deleted with it');
      }
      const wasMade = await maker.cancel(name);
      const wasSent = await sender.remove(name);
      if (!wasMade && !wasSent) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    },
  };
}
