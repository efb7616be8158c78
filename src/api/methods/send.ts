import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { defineMethod, descOnly, done, refuses, requireRole, says } from '../method.ts';
import { type Flag, isTrue, text } from '../parameters.ts';

/**
 * POST /send, BS rows (4.3.1): queues a task for sending. `reactive` (default true) restarts a served task of the same name; anything but
 * true and false is refused with a text of its own (BS-21), so the schema lets it pass.
 */
export const send = defineMethod(
  {
    path: '/send',
    name: 'send',
    summary:
      'Queues a task for sending. Its torrents must be there. It may be handed out when uploadprogress says `ready`.',
    params: Type.Object({
      taskfile: text('path of the task file; one from elsewhere is copied to `<senderpath>/tmp`'),
      reactive: Type.Unknown({
        default: true,
        'x-empty': true,
        examples: ['true', 'false'],
        description: '`true`: a task of this name that is served now is stopped and sent again; `false`: it is refused',
      }),
    }),
    content: descOnly,
    example: { taskfile: '/data/sender/tmp/cfec-001-film.task.json', reactive: 'true' },
    told: [
      says('succeeded!', 'BS-06'),
      says('restarted same name bt process, succeed!', 'BS-05'),
      refuses('open json file error:open <taskfile>: no such file or directory', 'BS-11'),
      refuses('invalid json format:<taskfile>', 'BS-12'),
      refuses('copy taskfile: <taskfile> error.', 'BS-13'),
      refuses('same taskfile in queues:<path>', 'BS-14'),
      refuses('same taskfile in uploading:<path>', 'BS-15'),
      refuses('not found torrent:<torrent> pls re generate task and torrent. ', 'BS-16'),
      refuses('restart bt serving failed: <torrent> in <task> ', 'BS-17'),
      refuses('exisited same name ct torrent bt process, send task failed: <torrent> in <task> ', 'BS-20'),
      refuses('reactive parameter input error ', 'BS-21'),
    ],
  },
  async (node, { taskfile, reactive }) => {
    const act = requireRole(node.send, 'send', node);
    if (!isFlag(reactive)) throw new BftError('PARAMETER_INVALID', 'reactive parameter input error ');
    return done(await act(taskfile, isTrue(reactive)));
  },
);

const isFlag = (value: unknown): value is Flag => [true, false, 'true', 'false'].includes(value as Flag);
