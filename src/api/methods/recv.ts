import { Type } from 'typebox';
import { defineMethod, descOnly, done, refuses, requireRole, says } from '../method.ts';
import { flag, isTrue, text } from '../parameters.ts';

/**
 * POST /recv, BR rows (4.3.2): queues a task for receiving. `reactive` (default false) only matters on a cacher, where it starts a running
 * task anew (BR-06, BR-07).
 */
export const recv = defineMethod(
  {
    path: '/recv',
    name: 'recv',
    summary:
      'Queues a task for receiving: a receiver or sender takes the package, a cacher its bt share, which it serves on.',
    params: Type.Object({
      taskfile: text('path of the task file on this node; any'),
      reactive: flag('cacher only: start a running task anew, which lengthens its seed time', false),
    }),
    content: descOnly,
    example: { taskfile: '/data/receiver/tmp/cfec-001-film.task.json', reactive: 'false' },
    told: [
      says('succeed!', 'BR-09'),
      says('reactive cacher bt seeding with taskfile:<task>', 'BR-06'),
      says('same name task downloaded, to download again.', 'BR-08'),
      says('all localsamefiles existed copy and finished, succeed!', 'BR-10'),
      says('same name task downloaded, all localsamefiles existed copy and finished, succeed!', 'BR-10'),
      refuses('open json file error:open <taskfile>: no such file or directory', 'BR-21'),
      refuses('invalid json format:<taskfile>', 'BR-22'),
      refuses('total files size equal 0 :<taskfile>', 'BR-23'),
      refuses('same taskfile in queues:<path>', 'BR-24'),
      refuses('same taskfile in downloading:<path>', 'BR-25'),
      refuses('move json file to <receiverpath>/tmp erro', 'BR-27'),
      refuses('totalsize != all lists2 sum + localsamesize : <taskfile>', 'BR-28'),
      refuses('totalsize != all lists sum : <taskfile>', 'BR-29'),
      refuses('total files size equal 0', 'BR-30'),
      refuses('could not download torrent from <bt.url>', 'BR-31'),
      refuses('need tmptorrent and found bt.tmpurl is empty.', 'BR-32'),
      refuses('could not download tmptorrent from <bt.tmpurl>', 'BR-33'),
      refuses('taskfile btlist is not equal torrent content, check taskfile or tmp torrent: <url>', 'BR-34'),
    ],
  },
  async (node, { taskfile, reactive }) => done(await requireRole(node.recv, 'recv', node)(taskfile, isTrue(reactive))),
);
