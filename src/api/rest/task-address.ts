import { type Static, Type } from 'typebox';
import type { Direction } from './node-parts.ts';
import { DIRECTIONS } from './shapes.ts';

/** Which of two tasks of one name. */
export const direction = Type.Optional(
  Type.Unsafe<Direction>({
    type: 'string',
    enum: [...DIRECTIONS],
    description: 'of a name that is sent and received: which one; absent: the received one',
  }),
);

export const taskQuery = Type.Object({ direction });
export type TaskQuery = Static<typeof taskQuery>;

/** What a path with `:name` may answer, whatever is asked there. */
export const TASK_REFUSALS = ['TASK_UNKNOWN', 'NAME_UNSAFE', 'QUERY_INVALID'] as const;
