import { TASK_DETAIL_EXAMPLE, TASKS_EXAMPLE } from './examples.ts';
import type { Overview } from './node-parts.ts';
import { defineRoute, json } from './route.ts';
import { taskDetail, type TasksPage, tasksPage } from './shapes.ts';
import { TASK_REFUSALS, taskQuery } from './task-address.ts';

export async function readTasks(overview: Overview): Promise<TasksPage> {
  const [node, tasks] = await Promise.all([overview.summary(), overview.tasks()]);
  return { node, tasks: [...tasks] };
}

export const listTasks = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/tasks',
    summary:
      'The node and all tasks but those of the history: what needs attention first, then active, waiting, done. Bytes, bytes/s, percent from 0 to 100; null: not known, or none.',
    answers: json(tasksPage, TASKS_EXAMPLE),
  },
  ({ node }) => readTasks(node.overview),
);

export const showTask = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/tasks/:name',
    summary: 'One task in full, also one of the history: where its bytes come from, hours, pieces, peers, events.',
    query: taskQuery,
    answers: json(taskDetail, TASK_DETAIL_EXAMPLE),
    refusals: TASK_REFUSALS,
  },
  ({ node, name, query }) => node.overview.task(name, query.direction),
);
