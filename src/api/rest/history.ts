import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { csvLines } from './csv.ts';
import { HISTORY_CSV_EXAMPLE, HISTORY_EXAMPLE } from './examples.ts';
import type { HistoryRow } from './shapes.ts';
import { historyPage } from './shapes.ts';
import { defineRoute, json } from './route.ts';
import { direction } from './task-address.ts';

export const showHistory = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/history',
    summary: 'The tasks that have ended, latest first, a page at a time.',
    query: Type.Object({
      before: Type.Optional(Type.String({ maxLength: 1000, description: '`next` of the page before this one' })),
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'rows of a page, 1 to 500; absent: 100' }),
      ),
      direction,
    }),
    answers: json(historyPage, HISTORY_EXAMPLE),
    refusals: ['QUERY_INVALID'],
  },
  ({ node, query }) => node.overview.history({ ...query, limit: query.limit ?? 100 }),
);

const COLUMNS = [
  'direction',
  'name',
  'package',
  'finished',
  'size',
  'local',
  'bt',
  'obs',
  'cdn',
  'wasted',
  'verified',
] as const satisfies readonly (keyof HistoryRow)[];

export const downloadHistory = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/history.csv',
    summary:
      "All of the history as a file for spreadsheets: CSV (RFC 4180) in UTF-8 with a byte order mark. A text that a spreadsheet could take for a formula begins with `'`.",
    answers: { 'text/csv': { schema: Type.String(), example: HISTORY_CSV_EXAMPLE } },
  },
  ({ node, ctx }) => {
    const rows = node.overview.historyRows();
    ctx.type = 'text/csv; charset=utf-8';
    ctx.attachment('history.csv');
    return Readable.from(csvLines(COLUMNS, rows), { objectMode: false });
  },
);
