import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { Layout } from '../../task/layout.ts';
import { type Answer, defineMethod, refuses, requireRole, says } from '../method.ts';
import { datasource, deadlineFrom, hours, newTaskPath, optionalText, packageParams } from '../parameters.ts';

const { dcppath, policy: policies, ...others } = packageParams;

/**
 * POST /sends, BZ rows (4.3.8): gentask and send in one. There is no parameter for the sub-directory: it is the one that the package lies in.
 * `data` is the document's other name of `datasource`. The answer gives back the path of the task file (BZ-03).
 */
export const sends = defineMethod(
  {
    path: '/sends',
    name: 'sends',
    summary: 'gentask and send in one: makes the task of a package and, when that is done, sends it.',
    params: Type.Object({
      dcppath,
      taskfile: newTaskPath,
      ...others,
      btobscdn: optionalText('ratio bt:obs:cdn in whole numbers; absent: `bt-obs-cdn` of the configuration'),
      policy: Type.Optional(policies),
      data: datasource('another name of `datasource`'),
    }),
    content: Type.Object({
      desc: Type.String({ description: 'what was done, in the words below' }),
      taskfile: Type.String({ description: 'path of the task file' }),
    }),
    example: {
      dcppath: '/data/dcp/cfec-001/dcps/film',
      taskfile: '/data/sender/tmp/cfec-001-film.task.json',
      btobscdn: '1:1:1',
      policy: 'fulltime',
    },
    told: [
      says('succeeded!', 'BZ-02'),
      says('succeed, but the torrent is generating, please wait until <torrent> is finished.', 'BZ-02'),
      refuses('same task in queues:<path>', 'BZ-02'),
      refuses('same task in uploading:<path>', 'BZ-02'),
    ],
  },
  async (node, { data, seedtime, deadline, btobscdn = '', policy = '', ...given }) => {
    const act = requireRole(node.sends, 'sends', node);
    const chosen = { datasource: given.datasource ?? data, btobscdn, policy, seedtime: hours(seedtime) };
    const until = deadlineFrom(node.now(), deadline);
    const request = { ...given, ...chosen, ...until, basesubdir: subdirOf(given.dcppath), deloldtorrent: false };
    return answer(await act(request).catch(inOwnWords), given);
  },
);

function subdirOf(dcppath: string): string {
  const [, dcps, basesubdir] = dcppath.replace(/\/+$/, '').split('/').toReversed();
  if (dcps === 'dcps' && basesubdir) return basesubdir;
  const expected = '<basedatapath>/<basesubdir>/dcps/<name>';
  throw new BftError('PARAMETER_INVALID', `dcppath ${JSON.stringify(dcppath.slice(0, 200))} must be ${expected}`);
}

function answer(isMade: boolean, { dcppath, taskfile }: { dcppath: string; taskfile: string }): Answer {
  const { torrentPath } = new Layout(dcppath);
  const desc = isMade
    ? 'succeeded!'
    : `succeed, but the torrent is generating, please wait until ${torrentPath} is finished.`;
  return { ok: true, content: { desc, taskfile } };
}

/** The same refusals as those of send (BS-14, BS-15), but for one word. */
function inOwnWords(error: unknown): never {
  if (!(error instanceof BftError && error.code === 'TASK_EXISTS')) throw error;
  throw new BftError(error.code, error.message.replace(/^same taskfile in /, 'same task in '), { cause: error });
}
