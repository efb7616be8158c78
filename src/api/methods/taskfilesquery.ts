import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { type Answer, defineMethod, refuses, requireRole, says } from '../method.ts';
import type { MakingView } from '../node.ts';
import { text } from '../parameters.ts';

const DESC = {
  finished: 'succeed!',
  making: 'process making seed ',
  none: 'no make seed process and not found task.json.',
  incomplete: ' please wait until dcppath.torrent and taskfile all are finished.',
} as const;

/** POST /taskfilesquery, BQ rows (4.3.6): whether the torrents and the task file of a package are made. `bytes`, `total`, `rate` and `left` are additive. */
export const taskfilesquery = defineMethod(
  {
    path: '/taskfilesquery',
    name: 'taskfilesquery',
    summary:
      'Says whether the torrents and the task file of a package are made. What ended a making is told until the next gentask.',
    params: Type.Object({ dcppath: text('the package, as given to gentask'), taskfile: text('path of the task file') }),
    content: Type.Object({
      status: Type.Unsafe<string>({ enum: ['finished', 'unfinished'], description: '`error` in a refusal' }),
      desc: Type.String({ description: 'one of the words below' }),
      bytes: Type.Optional(Type.Number({ description: 'bytes read so far, while it is made' })),
      total: Type.Optional(Type.Number({ description: 'bytes of the package, while it is made' })),
      rate: Type.Optional(Type.Number({ description: 'bytes per second over the last seconds, while it is made' })),
      left: Type.Optional(Type.Number({ description: 'seconds that are left, while bytes are read' })),
    }),
    example: { dcppath: '/data/dcp/cfec-001/dcps/film', taskfile: '/data/sender/tmp/cfec-001-film.task.json' },
    told: [
      says(DESC.finished, 'BQ-03'),
      says(DESC.making, 'BQ-04'),
      says(DESC.none, 'BQ-05'),
      says(DESC.incomplete, 'BQ-06'),
      refuses('not exist <dcppath> ', 'BQ-07'),
      refuses('open json file error: <taskfile> ', 'BQ-08'),
    ],
  },
  async (node, { dcppath, taskfile }) => {
    const ask = requireRole(node.making, 'taskfilesquery', node);
    try {
      return answer(await ask(dcppath, taskfile));
    } catch (error) {
      if (!(error instanceof BftError)) throw error;
      return { ok: false, content: { status: 'error', desc: error.message, code: error.code } };
    }
  },
);

function answer({ state, ...counted }: MakingView): Answer {
  const status = state === 'finished' ? 'finished' : 'unfinished';
  return { ok: true, content: { status, desc: DESC[state], ...counted } };
}
