import { signal } from '@preact/signals';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { taskApi } from '../route.ts';
import { get, Refusal } from './api.ts';
import { follow } from './feed.ts';

/** The task that is looked at: undefined while it is asked for, null when it is not here. */
export const detail = signal<TaskDetail | null | undefined>(undefined);

/** Until `ended`. */
export function followTask(direction: string, name: string, ended: AbortSignal): void {
  detail.value = undefined;
  const at = { direction, name };
  const events = {
    // Pieces come only when they changed.
    task: (data: unknown) => {
      detail.value = { ...detail.value, ...(data as TaskDetail) };
    },
  };
  follow({ stream: taskApi(at, 'stream'), poll: signal => readTask(at, signal), events }, ended);
}

export async function readTask(at: { direction: string; name: string }, signal?: AbortSignal): Promise<void> {
  try {
    detail.value = await get<TaskDetail>(taskApi(at), signal);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) detail.value = null;
    throw error;
  }
}
