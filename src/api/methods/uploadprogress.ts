import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { checkTaskFileName } from '../../task/names.ts';
import { type Answer, defineMethod, refuses, requireRole } from '../method.ts';
import type { ShareView, UploadView } from '../node.ts';
import { taskName } from '../parameters.ts';
import { PAUSED } from '../paused.ts';

const oneOf = (values: readonly string[], description: string) => Type.Unsafe<string>({ enum: values, description });

/**
 * POST /uploadprogress, BU rows (4.3.3): `ready` — all shares can be fetched — is the one state in which a task may be handed to receivers
 * (BU-03, BU-04). A method without a share does not block it. `detail` and `code` are additive.
 */
export const uploadprogress = defineMethod(
  {
    path: '/uploadprogress',
    name: 'uploadprogress',
    summary: 'Says how far a sent task is. Only with `ready` it may be handed to receivers.',
    params: Type.Object({ taskfile: taskName }),
    content: Type.Object({
      taskfile: Type.String({ description: 'where the task file is now' }),
      status: oneOf(
        ['queues', 'uploading', 'uploaded', 'ready', 'finished', 'error'],
        '`uploaded`: not all shares can be fetched; `finished`: the seed time is over',
      ),
      desc: oneOf(['', 'bt errors', 'bt obs errors', 'cdn errors'], 'what failed, in the words of the original'),
      btstatus: oneOf(['seeding', 'noseeding'], 'whether bt serves'),
      obsstatus: Type.String({
        pattern: '^(completed|uncompleted \\d+%)$',
        description: '`completed` or `uncompleted <n>%`',
      }),
      cdnstatus: oneOf(['available', 'unavailable'], 'whether the address of the CDN answers'),
      detail: Type.String({ description: 'what failed, in full, or that an operator paused it' }),
      code: Type.String({ description: 'code of what failed' }),
    }),
    example: { taskfile: 'cfec-001-film.task.json' },
    told: [refuses('', 'BU-10')],
  },
  async (node, { taskfile }) => {
    const ask = requireRole(node.uploadProgress, 'uploadprogress', node);
    try {
      return { ok: true, content: content(await ask(checkTaskFileName(taskfile))) };
    } catch (error) {
      if (!(error instanceof BftError)) throw error;
      return unknown(error);
    }
  },
);

function content(view: UploadView) {
  const { bt, obs, cdn } = view.methods;
  const paused = view.isPaused ? PAUSED : undefined;
  return {
    taskfile: view.path,
    status: status(view),
    desc: view.error ? failure(view.error, view) : '',
    btstatus: bt?.state === 'available' ? 'seeding' : 'noseeding',
    obsstatus: obsStatus(obs),
    cdnstatus: cdn === undefined || cdn.state === 'available' ? 'available' : 'unavailable',
    detail: view.error?.message ?? paused?.desc ?? '',
    code: view.error?.code ?? paused?.code ?? '',
  };
}

/** BU-10, C-24: nothing is known, also of obs; the sample's desc is empty. */
function unknown(error: BftError): Answer {
  const states = { btstatus: 'unknown', obsstatus: 'unknown', cdnstatus: 'unknown' };
  const desc = error.code === 'TASK_UNKNOWN' ? '' : error.message;
  return {
    ok: false,
    content: { taskfile: '', status: 'unknown', desc, ...states, detail: error.message, code: error.code },
  };
}

function status({ state, error, methods }: UploadView): string {
  if (state === 'history') return 'finished';
  const isReady = state === 'uploaded' && !error && Object.values(methods).every(share => share.state === 'available');
  return isReady ? 'ready' : state;
}

/** BU-06: what no single method is to blame for (a torrent that is gone, a package that changed) stops all that have a share. */
function failure({ method }: BftError, { methods }: UploadView): string {
  if (method === 'cdn') return 'cdn errors';
  const isObs = method === 'obs' || (method === undefined && methods.obs !== undefined);
  return isObs ? 'bt obs errors' : 'bt errors';
}

/** BU-08. */
function obsStatus(share: ShareView | undefined): string {
  if (share === undefined || share.state === 'available') return 'completed';
  if (share.state === 'unavailable') return 'uncompleted 0%';
  return `uncompleted ${Math.floor((share.bytes / Math.max(share.total, 1)) * 100)}%`;
}
