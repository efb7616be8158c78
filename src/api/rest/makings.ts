import { Type } from 'typebox';
import type { MakingEntry } from '../node.ts';
import { MAKINGS_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';

const text = Type.String();
const bytes = Type.Integer({ minimum: 0 });
const makingsPage = Type.Object({
  makings: Type.Array(
    Type.Object({
      name: text,
      taskfile: text,
      dcppath: text,
      bytes,
      total: bytes,
      rate: Type.Number({ minimum: 0 }),
      left: Type.Union([Type.Number(), Type.Null()]),
      failure: Type.Union([Type.Object({ code: text, desc: text, next: text }), Type.Null()]),
    }),
  ),
});

export const listMakings = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/makings',
    summary:
      'The tasks that are being made: bytes read, rate (bytes/s), seconds left (null while nothing moves); and those whose last making failed, with the reason.',
    answers: json(makingsPage, MAKINGS_EXAMPLE),
  },
  ({ node }) => ({ makings: (node.makings?.() ?? []).map(row) }),
);

function row({ left, failure, ...entry }: MakingEntry): object {
  const why = failure && { code: failure.code, desc: failure.message, next: failure.next };
  return { ...entry, left: left ?? null, failure: why ?? null };
}
