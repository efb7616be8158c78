import { Type } from 'typebox';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, descOnly, done, requireRole, says } from '../method.ts';
import { taskName } from '../parameters.ts';

/** POST /cancel, BX rows (4.3.7), decision 14: stops all methods of the task on this node and removes its partial data. */
export const cancel = defineMethod(
  {
    path: '/cancel',
    name: 'cancel',
    summary: 'Stops a task, sent or received, and removes its partial data. Finished packages stay.',
    params: Type.Object({ taskfile: taskName }),
    content: descOnly,
    example: { taskfile: 'cfec-001-film.task.json' },
    told: [says('succeed!', 'BX-06'), says('no need to cancel, not found task: <task>', 'BX-07')],
  },
  async (node, { taskfile }) => {
    const found = await requireRole(node.cancel, 'cancel', node)(checkTaskFileName(taskfile));
    return done(found ? 'succeed!' : `no need to cancel, not found task: ${taskfile}`);
  },
);
