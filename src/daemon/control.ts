import type { Direction, TaskControl } from '../api/rest/node-parts.ts';
import { BftError } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { Logger } from '../core/log.ts';

/** What people may do to the tasks of one direction. */
export interface ControlledSide {
  readonly pause: (name: string) => Promise<void>;
  readonly resume: (name: string) => Promise<void>;
  readonly retry: (name: string) => Promise<void>;
  readonly cancel: (name: string, files: boolean) => Promise<void>;
  readonly isPaused: (name: string) => boolean;
}

export interface Sides {
  readonly received: ControlledSide;
  /** Only a sender has it. */
  readonly sent?: ControlledSide;
  readonly receive: TaskControl['receive'];
}

interface Components {
  readonly events: Pick<Events, 'add'>;
  readonly log: Logger;
}

/** What operators do to tasks, told as events. */
export function buildControl(sides: Sides, { events, log }: Components): TaskControl {
  const sideOf = (direction: Direction) => {
    const side = sides[direction];
    if (!side) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    return side;
  };
  const tell = (direction: Direction, name: string, done: string) => {
    const text = `${direction} task: ${done} by an operator`;
    log.info({ task: name, code: 'TASK_CONTROL' }, text);
    events.add('TASK_CONTROL', name, text);
  };
  const telling =
    (action: 'pause' | 'resume' | 'retry', done: string) => async (direction: Direction, name: string) => {
      await sideOf(direction)[action](name);
      tell(direction, name, done);
    };
  return {
    pause: telling('pause', 'paused'),
    resume: telling('resume', 'resumed'),
    retry: telling('retry', 'tried again'),
    cancel: async (direction, name, { files }) => {
      await sideOf(direction).cancel(name, files);
      tell(direction, name, files ? 'cancelled, its files deleted' : 'cancelled');
    },
    isPaused: (direction, name) => sides[direction]?.isPaused(name) ?? false,
    receive: async taskFile => {
      const received = await sides.receive(taskFile);
      tell('received', received.name, 'given');
      return received;
    },
  };
}
