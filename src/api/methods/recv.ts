import { Type } from 'typebox';
import { defineMethod, done, flag, isTrue, requireRole } from '../method.ts';

/**
 * POST /recv, BR rows (4.3.2): queues a task for receiving. `reactive` (default false) only matters on a cacher, where it starts a running
 * task anew (BR-06, BR-07).
 */
export const recv = defineMethod(
  '/recv',
  ['recv'],
  Type.Object({ taskfile: Type.String(), reactive: flag(false) }),
  async (node, { taskfile, reactive }) => done(await requireRole(node.recv, 'recv', node)(taskfile, isTrue(reactive))),
);
