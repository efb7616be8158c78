import { Type } from 'typebox';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, requireRole } from '../method.ts';

/** POST /progress with method_name cprogress, BP-31 and BP-32 (4.3.4.2): whether a cacher serves. `methods` is additive. */
export const cprogress = defineMethod(
  '/progress',
  ['cprogress'],
  Type.Object({ taskfile: Type.String() }),
  async (node, { taskfile }) => {
    const { isServing, directory, error, bt } = await requireRole(
      node.cacheProgress,
      'cprogress',
      node,
    )(checkTaskFileName(taskfile));
    const state = isServing ? 'seeding' : 'noseeding';
    return {
      ok: true,
      content: {
        status: error ? `${state} error` : state,
        desc: error?.message ?? (isServing ? `btseeding dir:${directory}` : ''),
        ...(error ? { code: error.code } : {}),
        methods: { bt },
      },
    };
  },
);
