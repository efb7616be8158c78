import { Type } from 'typebox';
import { eventText } from './event-stream.ts';
import { STREAM_EXAMPLE, TASK_DETAIL_EXAMPLE } from './examples.ts';
import type { FeedSource } from './feed.ts';
import type { Direction, Overview } from './node-parts.ts';
import { taskChange, tasksPatch } from './patch.ts';
import { defineRoute, type RouteDescription } from './route.ts';
import type { TaskDetail, TasksPage } from './shapes.ts';
import { TASK_REFUSALS, taskQuery } from './task-address.ts';
import { readTasks } from './tasks.ts';

const events = (example: string): RouteDescription['answers'] => ({
  'text/event-stream': { schema: Type.String(), example },
});

const HOW =
  'A comment comes every 15 s at least. One who lost events simply connects again. At most 64 streams are open at once; ask the page itself every few seconds where one is refused. `refusal` is the last event when the daemon cannot go on.';

export const streamTasks = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/stream',
    summary: `Server-Sent Events: \`snapshot\` is what GET /api/v1/tasks answers, then at most one \`patch\` a second with what changed: fields of the node, and of tasks by id (null: it has gone, unknown id: a new one). The numbers of patches follow on that of the snapshot; after a gap connect again. ${HOW}`,
    answers: events(STREAM_EXAMPLE),
    refusals: ['TOO_MANY_CALLS'],
  },
  ({ node, streams, ctx }) => streams.open(ctx, 'tasks', tasksSource(node.overview)),
);

export const streamTask = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/tasks/:name/stream',
    summary: `Server-Sent Events: \`task\` is what GET /api/v1/tasks/:name answers, first whole and then whenever something changed; without \`pieces\` while those are what they were. ${HOW}`,
    query: taskQuery,
    answers: events(eventText('task', TASK_DETAIL_EXAMPLE, 0)),
    refusals: [...TASK_REFUSALS, 'TOO_MANY_CALLS'],
  },
  async ({ node, streams, ctx, name, query }) => {
    const overview = node.overview;
    const direction = query.direction ?? (await overview.task(name)).direction;
    await streams.open(ctx, `${direction}/${name}`, taskSource(overview, name, direction));
  },
);

const tasksSource = (overview: Overview): FeedSource<TasksPage> => ({
  read: () => readTasks(overview),
  first: data => ({ name: 'snapshot', data }),
  next(before, after) {
    const data = tasksPatch(before, after);
    return data && { name: 'patch', data };
  },
});

const taskSource = (overview: Overview, name: string, direction: Direction): FeedSource<TaskDetail> => ({
  read: () => overview.task(name, direction),
  first: data => ({ name: 'task', data }),
  next(before, after) {
    const data = taskChange(before, after);
    return data && { name: 'task', data };
  },
});
