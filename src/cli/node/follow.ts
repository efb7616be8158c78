import { setTimeout as pause } from 'node:timers/promises';
import type { TaskDetail } from '../../api/rest/shapes.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { note } from '../output/print.ts';
import { patiently } from './patience.ts';
import type { Progress } from '../output/progress.ts';
import { taskBars, taskSentence } from '../output/task-lines.ts';

const LOOK_MS = 1000;

/**
 * Looks at a task until it is done, may be received (a sent one), or has failed for good; gives the exit code. `onLook` gets every look. Throws
 * what `look` throws: TASK_UNKNOWN when it was cancelled meanwhile.
 */
export async function follow(
  look: () => Promise<TaskDetail>,
  progress: Progress,
  signal: AbortSignal,
  onLook: (task: TaskDetail) => void = () => {},
): Promise<number> {
  const ask = patiently(look, why => progress.show([why], why), signal);
  try {
    for (;;) {
      const task = await ask();
      onLook(task);
      progress.show(taskBars(task), taskSentence(task));
      const code = ending(task);
      if (code !== undefined) return code;
      await pause(LOOK_MS, undefined, { signal });
    }
  } finally {
    progress.close();
  }
}

/** Undefined: it goes on. */
function ending(task: TaskDetail): number | undefined {
  if (task.status === 'done' || task.status === 'serving') return EXIT.ok;
  if (task.status !== 'failed') return undefined;
  const { code, desc, next } = task.cause ?? { code: '', desc: 'no cause was told', next: '' };
  note(`${task.name} failed: ${desc}\n  ${next}`);
  const exit = exitCodeOf(code);
  // Its tries are used up: what would have healed with time did not.
  return exit === EXIT.verification || exit === EXIT.diskFull ? exit : EXIT.permanent;
}
