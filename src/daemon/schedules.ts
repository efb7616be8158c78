import type { ScheduledTask } from '../api/node.ts';
import { BftError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { ReceivingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { LIST_KEY, type TaskFile } from '../task/task-file.ts';
import { isPriortime } from '../task/task-timetable.ts';
import type { Timetable } from '../task/timetable.ts';
import type { Ledger } from '../transfer/ledger.ts';

/** When the node fetches a method's share of a task. Throws TASK_FILE_INVALID. */
export type TimetableOf = (task: TaskFile, method: Method) => Timetable;

/** What runs and waits on the receiving side, each oldest first, with the shares of the methods that this node fetches. */
export async function listSchedules(
  store: TaskStore<ReceivingState>,
  ledgerOf: (name: string) => Ledger | undefined,
  methods: readonly Method[],
  timetableOf: TimetableOf,
): Promise<ScheduledTask[]> {
  // In this order a task that moves on meanwhile is met once at least.
  const queued = await store.list('queues');
  const downloading = await store.list('downloading');
  const tasks: ScheduledTask[] = [];
  for (const name of new Set([...downloading, ...queued])) {
    const isDownloading = downloading.includes(name);
    const path = store.path(isDownloading ? 'downloading' : 'queues', name);
    const task = await look(async () => {
      return scheduled(name, await readTaskFile(path), isDownloading, methods, ledgerOf(name), timetableOf);
    });
    if (task) tasks.push(task);
  }
  return tasks;
}

/** Only a look: a file that has gone or cannot be read is for those who work with it. */
async function look<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
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
  timetableOf: TimetableOf,
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
        { window: timetableOf(task, method), rate: isDownloading ? (ledger?.meters[method].rate ?? 0) : 0 },
      ]),
    ),
  };
}
