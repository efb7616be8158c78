import { Type } from 'typebox';
import { Layout } from '../../task/layout.ts';
import { defineMethod, done, flag, isTrue, looseText, requireRole } from '../method.ts';

/**
 * POST /gentask, BG rows (4.3.4): makes the torrents and the task file of a package, in the background (BG-02, BG-03).
 * `policy` is fulltime or priortime; empty optional parameters take the configuration's value.
 */
export const gentask = defineMethod(
  '/gentask',
  ['gentask'],
  Type.Object({
    dcppath: Type.String(),
    taskfile: Type.String(),
    basesubdir: Type.String(),
    btobscdn: Type.String(),
    policy: Type.Unsafe<string>({ enum: ['fulltime', 'priortime'] }),
    tracker: Type.Optional(Type.String()),
    seedtime: looseText,
    datasource: Type.Optional(Type.String()),
    obsurl: Type.Optional(Type.String()),
    ak: Type.Optional(Type.String()),
    sk: Type.Optional(Type.String()),
    endpoint: Type.Optional(Type.String()),
    deloldtorrent: flag(false),
  }),
  async (node, params) => {
    const { seedtime, deloldtorrent } = params;
    await requireRole(
      node.gentask,
      'gentask',
      node,
    )({
      ...params,
      seedtime: seedtime === undefined ? undefined : String(seedtime),
      deloldtorrent: isTrue(deloldtorrent),
    });
    const { torrentPath, tmpTorrentPath } = new Layout(params.dcppath);
    return done(`please wait until ${torrentPath}, ${tmpTorrentPath} and ${params.taskfile} all are finished.`);
  },
);
