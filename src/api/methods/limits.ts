import { Type } from 'typebox';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, refuses, says } from '../method.ts';
import { taskName } from '../parameters.ts';

const bytesPerSecond = (description: string) =>
  Type.Optional(
    Type.Unsafe<number | string>({
      type: ['integer', 'string'],
      pattern: '^\\d{0,15}$',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: `bytes per second that the task ${description}, over all methods; 0: no limit; absent or empty: what the configuration says`,
    }),
  );

/** POST /limits (additive): limits of one task, which hold at once and until it ends, also over restarts. */
export const limits = defineMethod(
  {
    path: '/limits',
    name: 'limits',
    summary: 'Limits how fast a task moves, from now on. The limits of the whole node are those of the configuration.',
    params: Type.Object({
      taskfile: taskName,
      downlimit: bytesPerSecond('receives'),
      uplimit: bytesPerSecond('sends'),
    }),
    content: Type.Object({
      desc: Type.String({ description: 'what was done, in the words below' }),
      downlimit: Type.Integer({ description: 'in force now; 0: no limit' }),
      uplimit: Type.Integer({ description: 'in force now; 0: no limit' }),
    }),
    example: { taskfile: 'cfec-001-film.task.json', downlimit: 2_000_000 },
    told: [says('succeed!', 'BX-06'), refuses('unknown task, not found task.', 'BP-21')],
  },
  async (node, { taskfile, downlimit, uplimit }) => {
    const set = await node.limit(checkTaskFileName(taskfile), { ...given('down', downlimit), ...given('up', uplimit) });
    return { ok: true, content: { desc: 'succeed!', downlimit: set.down, uplimit: set.up } };
  },
);

/** An empty parameter is absent. */
const given = (key: 'down' | 'up', value: number | string | undefined) =>
  value === undefined ? {} : { [key]: Number(value) };
