import { Type } from 'typebox';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, done, requireRole } from '../method.ts';

/** POST /cancel, BX rows (4.3.6), decision 14: stops all methods of the task on this node and removes its partial data. */
export const cancel = defineMethod(
  '/cancel',
  ['cancel'],
  Type.Object({ taskfile: Type.String() }),
  async (node, { taskfile }) => {
    const found = await requireRole(node.cancel, 'cancel', node)(checkTaskFileName(taskfile));
    return done(found ? 'succeed!' : `no need to cancel, not found task: ${taskfile}`);
  },
);
