import { type TObject, Type } from 'typebox';
import { BftError, type ErrorCode } from '../../core/errors.ts';
import type { NodeApi } from '../node.ts';
import type { Direction, TaskControl } from './node-parts.ts';
import { defineRoute, json } from './route.ts';
import { actionAnswer, cancelBody, limitsBody } from './shapes.ts';
import { TASK_REFUSALS, taskQuery } from './task-address.ts';

const REFUSALS = [...TASK_REFUSALS, 'BODY_NOT_JSON', 'BODY_TOO_LARGE', 'BODY_TOO_SLOW', 'CONTENT_TYPE'] as const;

function action<B extends TObject>(
  verb: string,
  summary: string,
  body: { schema: B; example: object },
  desc: string,
  refusals: readonly ErrorCode[] = [],
) {
  return {
    verb: 'post',
    path: `/api/v1/tasks/:name/${verb}`,
    summary,
    query: taskQuery,
    body,
    answers: json(actionAnswer, { desc }),
    refusals: [...REFUSALS, ...refusals],
  } as const;
}

const NOTHING = { schema: Type.Object({}), example: {} };

const simple = (verb: 'pause' | 'resume' | 'retry', desc: string, summary: string) =>
  defineRoute(action(verb, summary, NOTHING, desc), async ({ node, name, query }) => {
    await control(node)[verb](await directionOf(node, name, query.direction), name);
    return { desc };
  });

export const pauseTask = simple(
  'pause',
  'paused',
  'Stops a task where it is, also over restarts, until it is resumed. What it has brought is kept.',
);
export const resumeTask = simple('resume', 'resumed', 'Lets a paused task go on.');
export const retryTask = simple(
  'retry',
  'tried again now',
  'Tries at once what failed, whether it waits for its next try or has given up.',
);

export const cancelTask = defineRoute(
  action(
    'cancel',
    "Ends a task. Its partial data goes. With `files` true the package in the storage is deleted, too; `confirm` must then be the package's name.",
    { schema: cancelBody, example: { files: true, confirm: 'film' } },
    'cancelled, its files are deleted',
    ['PARAMETER_INVALID'],
  ),
  async ({ node, name, query, body: { files = false, confirm } }) => {
    const tasks = control(node);
    const direction = files
      ? await confirmed(node, name, query.direction, confirm)
      : await directionOf(node, name, query.direction);
    await tasks.cancel(direction, name, { files });
    return { desc: files ? 'cancelled, its files are deleted' : 'cancelled' };
  },
);

export const limitTask = defineRoute(
  action(
    'limits',
    'Limits how fast a task moves, from now on and over restarts: bytes/s over all methods, 0: no limit, absent: what the configuration says.',
    { schema: limitsBody, example: { down: 2_000_000 } },
    'received with at most 2000000 bytes/s, sent without a limit',
    ['PARAMETER_INVALID'],
  ),
  async ({ node, name, body }) => {
    const { down, up } = await node.limit(name, body);
    return { desc: `received ${limitText(down)}, sent ${limitText(up)}` };
  },
);

const limitText = (rate: number) => (rate === 0 ? 'without a limit' : `with at most ${rate} bytes/s`);

const control = (node: NodeApi): TaskControl => node.control;

const overview = (node: NodeApi) => node.overview;

const directionOf = async (node: NodeApi, name: string, given: Direction | undefined): Promise<Direction> =>
  given ?? (await overview(node).task(name)).direction;

/** Deleting a package takes its name. Throws PARAMETER_INVALID. */
async function confirmed(node: NodeApi, name: string, given: Direction | undefined, confirm?: string) {
  const { direction, package: wanted } = await overview(node).task(name, given);
  if (confirm === wanted) return direction;
  const what = confirm === undefined ? 'missing' : JSON.stringify(confirm.slice(0, 200));
  throw new BftError(
    'PARAMETER_INVALID',
    `"confirm" is ${what}: to delete the files of ${name} it must be the name of the package, ${JSON.stringify(wanted)}; nothing was cancelled`,
    { place: { field: 'confirm' } },
  );
}
