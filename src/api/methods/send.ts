import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { defineMethod, done, isTrue, requireRole } from '../method.ts';

/**
 * POST /send, BS rows (4.3.1): queues a task for sending. `reactive` (default true) restarts a served task of the same name; anything but
 * true and false is refused with `reactive parameter input error ` (BS-21).
 */
export const send = defineMethod(
  '/send',
  ['send'],
  Type.Object({ taskfile: Type.String(), reactive: Type.Unknown({ default: true }) }),
  async (node, { taskfile, reactive }) => {
    const act = requireRole(node.send, 'send', node);
    if (![true, false, 'true', 'false'].includes(reactive as boolean | string)) {
      throw new BftError('PARAMETER_INVALID', 'reactive parameter input error ');
    }
    return done(await act(taskfile, isTrue(reactive as boolean | 'true' | 'false')));
  },
);
