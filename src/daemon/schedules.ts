import type { ScheduledTask } from '../api/node.ts';
import { BftError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { ReceivingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { LIST_KEY, type TaskFile } from '../task/task-file.ts';
import { isPriortime, taskWindow } from '../task/window.ts';
import type { Ledger } from '../transfer/ledger.ts';

/** What runs and waits on the receiving side, each oldest first, with the shares of the methods that this node fetches. */
export async function listSchedules(
  store: TaskStore<ReceivingState>,
  ledgerOf: (name: string) => Ledger | undefined,
  methods: readonly Method[],
): Promise<ScheduledTask[]> {
  // In this order a task that moves on meanwhile is met once at least.
  const queued = await store.list('queues');
  const downloading = await store.list('downloading');
  const tasks: ScheduledTask[] = [];
  for (const name of new Set([...downloading, ...queued])) {
    const isDownloading = downloading.includes(name);
    const task = await look(store.path(isDownloading ? 'downloading' : 'queues', name));
    if (task) tasks.push(scheduled(name, task, isDownloading, methods, ledgerOf(name)));
  }
  return tasks;
}

/** Only a look: a file that has gone or cannot be read is for those who work with it. */
async function look(path: string): Promise<TaskFile | undefined> {
  try {
    return await readTaskFile(path);
  } catch (error) {
    if (error instanceof BftError) return undefined;
    throw error;
  }
}

function scheduled(
  name: string,
  task: TaskFile,
  isDownloading: boolean,
  methods: readonly Method[],
  ledger: Ledger | undefined,
): ScheduledTask {
  const shared = methods.filter(method => task[LIST_KEY[method]].length > 0);
  return {
    name,
    isDownloading,
    ratio: task['bt-obs-cdn'],
    policy: isPriortime(task) ? 'priortime' : 'fulltime',
    methods: Object.fromEntries(
      shared.map(method => [
        method,
        { window: taskWindow(task, method), rate: isDownloading ? (ledger?.meters[method].rate ?? 0) : 0 },
      ]),
    ),
  };
}
