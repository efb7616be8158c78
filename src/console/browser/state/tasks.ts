import { computed, signal } from '@preact/signals';
import type { TaskRow, TasksPage, TasksPatch } from '../../../api/rest/shapes.ts';
import { isNext, patched } from '../patch.ts';
import { announceChanges } from './announce.ts';
import { get } from './api.ts';
import { follow } from './feed.ts';

/** Undefined until the daemon answered once. */
export const page = signal<TasksPage | undefined>(undefined);
/** Of the daemon that this page came from. */
const firstVersion = signal('');

export const node = computed(() => page.value?.node);
/** Another version of the daemon runs now: '' if not. */
export const newVersion = computed(() => {
  const version = node.value?.version ?? '';
  return version === firstVersion.value ? '' : version;
});

export const SHOWS = ['all', 'attention', 'active', 'waiting', 'done'] as const;
export type Show = (typeof SHOWS)[number];
export const show = signal<Show>('all');
export const searched = signal('');

export const rowsOf = computed((): Record<Show, readonly TaskRow[]> => {
  const rows = page.value?.tasks ?? [];
  const of = (group: TaskRow['group']) => rows.filter(row => row.group === group);
  const groups = { attention: of('attention'), active: of('active'), waiting: of('waiting'), done: of('done') };
  return { ...groups, all: SHOWS.flatMap(group => (group === 'all' ? [] : groups[group])) };
});

let last = Number.NaN;

function take(next: TasksPage): void {
  firstVersion.value ||= next.node.version;
  announceChanges(page.value?.tasks ?? [], next.tasks);
  page.value = next;
}

async function readTasks(signal?: AbortSignal): Promise<void> {
  take(await get<TasksPage>('/api/v1/tasks', signal));
}

/** Until `ended`. */
export function followTasks(ended: AbortSignal): void {
  const events = {
    snapshot: (data: unknown, number: number) => {
      last = number;
      take(data as TasksPage);
    },
    patch: (data: unknown, number: number) => {
      if (!page.value || !isNext(number, last)) return false;
      last = number;
      take(patched(page.value, data as TasksPatch));
      return true;
    },
  };
  follow({ stream: '/api/v1/stream', poll: readTasks, events }, ended);
}
