import { Type } from 'typebox';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, refuses, requireRole } from '../method.ts';
import { taskName } from '../parameters.ts';
import { PAUSED } from '../paused.ts';
import { methodContent } from './progress.ts';

/** POST /progress with method_name cprogress, BP-31 and BP-32 (4.3.4): whether a cacher serves. `methods` is additive. */
export const cprogress = defineMethod(
  {
    path: '/progress',
    name: 'cprogress',
    summary: 'Says whether a cacher serves a task.',
    params: Type.Object({ taskfile: taskName }),
    content: Type.Object({
      status: Type.Unsafe<string>({
        enum: ['seeding', 'noseeding', 'seeding error', 'noseeding error'],
        description: 'whether it serves, and whether something is wrong (BP-32)',
      }),
      desc: Type.String({
        description: '`btseeding dir:<directory>`, or what is wrong, or that an operator paused it',
      }),
      code: Type.Optional(Type.String({ description: 'code of what is wrong' })),
      methods: Type.Object({ bt: methodContent }, { description: 'as of progress' }),
    }),
    example: { taskfile: 'cfec-001-film.task.json' },
    told: [refuses('unknown task, not found task.', 'BP-21')],
  },
  async (node, { taskfile }) => {
    const ask = requireRole(node.cacheProgress, 'cprogress', node);
    const { isServing, directory, error, isPaused, bt } = await ask(checkTaskFileName(taskfile));
    const paused = isPaused ? PAUSED : undefined;
    const code = error?.code ?? paused?.code;
    const state = isServing ? 'seeding' : 'noseeding';
    return {
      ok: true,
      content: {
        status: error ? `${state} error` : state,
        desc: error?.message ?? paused?.desc ?? (isServing ? `btseeding dir:${directory}` : ''),
        ...(code === undefined ? {} : { code }),
        methods: { bt },
      },
    };
  },
);
