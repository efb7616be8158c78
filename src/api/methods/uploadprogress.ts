import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { checkTaskFileName } from '../../task/names.ts';
import { defineMethod, requireRole } from '../method.ts';
import type { ShareView, UploadView } from '../node.ts';

/**
 * POST /uploadprogress, BU rows (4.3.3): `ready` — all shares can be fetched — is the one state in which a task may be handed to receivers
 * (BU-03, BU-04). A method without a share does not block it.
 */
export const uploadprogress = defineMethod(
  '/uploadprogress',
  ['uploadprogress'],
  Type.Object({ taskfile: Type.String() }),
  async (node, { taskfile }) => {
    const ask = requireRole(node.uploadProgress, 'uploadprogress', node);
    try {
      return { ok: true, content: content(await ask(checkTaskFileName(taskfile))) };
    } catch (error) {
      if (!(error instanceof BftError)) throw error;
      const states = { btstatus: 'unknown', obsstatus: 'unknown', cdnstatus: 'unknown' };
      return {
        ok: false,
        content: { taskfile: '', status: 'unknown', desc: error.message, ...states, code: error.code },
      };
    }
  },
);

function content(view: UploadView) {
  const { bt, obs, cdn } = view.methods;
  return {
    taskfile: view.path,
    status: status(view),
    desc: view.error?.message ?? '',
    btstatus: bt?.state === 'available' ? 'seeding' : 'noseeding',
    obsstatus: obsStatus(obs),
    cdnstatus: cdn === undefined || cdn.state === 'available' ? 'available' : 'unavailable',
  };
}

function status({ state, error, methods }: UploadView): string {
  if (state === 'history') return 'finished';
  const isReady = state === 'uploaded' && !error && Object.values(methods).every(share => share.state === 'available');
  return isReady ? 'ready' : state;
}

/** BU-08. */
function obsStatus(share: ShareView | undefined): string {
  if (share === undefined || share.state === 'available') return 'completed';
  if (share.state === 'unavailable') return 'uncompleted 0%';
  return `uncompleted ${Math.floor((share.bytes / Math.max(share.total, 1)) * 100)}%`;
}
