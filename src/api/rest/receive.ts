import { BftError } from '../../core/errors.ts';
import { decodeUtf8 } from '../../core/json.ts';
import { readAtMost } from '../body.ts';
import { defineRoute, json } from './route.ts';
import { receiveAnswer } from './shapes.ts';

/** As much as a task file in a directory may have. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Each is held in memory. */
const MOST_AT_ONCE = 4;
let underWay = 0;

export const receiveTask = defineRoute(
  {
    verb: 'post',
    path: '/api/v1/tasks',
    summary:
      'Receives a task: the body is the task file, at most 64 MiB. A refusal says in `line` and `column` where it is no JSON, in `field` (a JSON pointer) which key is wrong.',
    takesTaskFile: true,
    answers: json(receiveAnswer, {
      desc: 'succeed!',
      id: 'received/cfec-001-film.task.json',
      name: 'cfec-001-film.task.json',
    }),
    refusals: [
      'TASK_FILE_INVALID',
      'NAME_UNSAFE',
      'SIZES_DIFFER',
      'TASK_EXISTS',
      'TORRENT_MISMATCH',
      'SOURCE_UNREACHABLE',
      'BODY_NOT_JSON',
      'BODY_TOO_LARGE',
      'BODY_TOO_SLOW',
      'CONTENT_TYPE',
      'TOO_MANY_CALLS',
    ],
  },
  async ({ node, ctx }) => {
    const control = node.control;
    if (underWay >= MOST_AT_ONCE) {
      throw new BftError('TOO_MANY_CALLS', `${MOST_AT_ONCE} task files are on their way to this node already`);
    }
    underWay++;
    try {
      const { name, desc } = await control.receive(decodeUtf8(await readAtMost(ctx.req, MAX_BYTES)));
      return { desc, id: `received/${name}`, name };
    } finally {
      underWay--;
    }
  },
);
