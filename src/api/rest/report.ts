import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { REPORT_EXAMPLE, REPORT_TEXT_EXAMPLE } from './examples.ts';
import { defineRoute } from './route.ts';

export const showReport = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/tasks/:name/report',
    summary:
      'The delivery report of a task that was received: what came, by which method, when, wasted bytes, and how it was verified.',
    query: Type.Object({
      format: Type.Optional(
        Type.Unsafe<'json' | 'text'>({
          type: 'string',
          enum: ['json', 'text'],
          description: '`text` for people; absent: JSON',
        }),
      ),
    }),
    answers: {
      'application/json': { schema: Type.Object({}), example: REPORT_EXAMPLE },
      'text/plain': { schema: Type.String(), example: REPORT_TEXT_EXAMPLE },
    },
    refusals: ['REPORT_MISSING', 'TASK_UNKNOWN', 'NAME_UNSAFE', 'QUERY_INVALID'],
  },
  async ({ node, ctx, name, query }) => {
    const report = await node.reports.report(name);
    if (!report) throw new BftError('REPORT_MISSING', `there is no delivery report of ${name}`);
    if (query.format !== 'text') return report.json;
    ctx.type = 'text/plain; charset=utf-8';
    return report.text;
  },
);
