import { type Static, Type } from 'typebox';
import type { GentaskRequest } from '../../task/gentask-request.ts';
import { Layout } from '../../task/layout.ts';
import { defineMethod, descOnly, done, refuses, requireRole, says } from '../method.ts';
import { deadlineFrom, flag, hours, isTrue, newTaskPath, packageParams, text } from '../parameters.ts';

const { dcppath, ...others } = packageParams;
const params = Type.Object({
  dcppath,
  taskfile: newTaskPath,
  basesubdir: text('`<centre>-<organisation>`'),
  ...others,
  deloldtorrent: flag('make the full torrent anew even if one is there', false),
});

/** POST /gentask, BG rows (4.3.5): makes the torrents and the task file of a package, in the background (BG-02, BG-03). */
export const gentask = defineMethod(
  {
    path: '/gentask',
    name: 'gentask',
    summary: 'Makes the torrents and the task file of a package. It goes on in the background; ask taskfilesquery.',
    params,
    content: descOnly,
    example: {
      dcppath: '/data/dcp/cfec-001/dcps/film',
      taskfile: '/data/sender/tmp/cfec-001-film.task.json',
      basesubdir: 'cfec-001',
      btobscdn: '1:1:1',
      policy: 'fulltime',
    },
    told: [
      says('succeeded!', 'BG-03'),
      says('please wait until <torrent>, <tmp torrent> and <taskfile> all are finished.', 'BG-03'),
      refuses('error, please provide taskfile path.', 'BG-11'),
      refuses('error, not exist dcp path: <dcppath>.', 'BG-12'),
      refuses('same torrent process is generating:<torrent> ', 'BG-13'),
    ],
  },
  async (node, given) => {
    const isMade = await requireRole(node.gentask, 'gentask', node)(toRequest(given, node.now()));
    const { torrentPath, tmpTorrentPath } = new Layout(given.dcppath);
    if (isMade) return done('succeeded!');
    return done(`please wait until ${torrentPath}, ${tmpTorrentPath} and ${given.taskfile} all are finished.`);
  },
);

function toRequest(given: Static<typeof params>, now: number): GentaskRequest {
  const { seedtime, deloldtorrent, deadline, ...rest } = given;
  const chosen = { seedtime: hours(seedtime), deloldtorrent: isTrue(deloldtorrent) };
  return { ...rest, ...chosen, ...deadlineFrom(now, deadline) };
}
