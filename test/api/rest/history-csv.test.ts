import assert from 'node:assert/strict';
import { HISTORY_EXAMPLE } from '../../../src/api/rest/examples.ts';
import type { HistoryRow } from '../../../src/api/rest/shapes.ts';
import { type Api, startApi } from '../harness.ts';
import { OneTask } from './parts.ts';

const [ENDED] = HISTORY_EXAMPLE.entries as [HistoryRow];

/** As RFC 4180 says. */
function parseCsv(text: string): string[][] {
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g);
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('api: GET /api/v1/history.csv', () => {
  const overview = new OneTask();
  let api: Api;
  before(async () => {
    api = await startApi({ overview });
  });
  after(() => api.stop());

  async function rowsOf(rows: readonly HistoryRow[]) {
    overview.rows = rows;
    const { status, headers, text } = await api.send({ path: '/api/v1/history.csv' });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/csv; charset=utf-8');
    assert.equal(headers['content-disposition'], 'attachment; filename="history.csv"');
    assert.ok(text.startsWith('\uFEFFdirection,name,package,'));
    const [, ...parsed] = parseCsv(text);
    return parsed;
  }

  it('has a row per task, and a head where there is none', async () => {
    assert.deepEqual(await rowsOf([]), []);
    const { report, ...columns } = ENDED;
    assert.deepEqual([report, await rowsOf([ENDED])], [true, [Object.values(columns).map(String)]]);
    const [row] = await rowsOf([{ ...ENDED, finished: null }]);
    assert.equal(row?.[3], '');
  });

  it('is no formula, whatever a film is named', async () => {
    for (const name of ['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("http://x.example","a,b")', '\t=1']) {
      const [row] = await rowsOf([{ ...ENDED, package: name }]);
      assert.equal(row?.[2], `'${name}`);
    }
  });

  it('keeps commas, quotes, line ends and all scripts', async () => {
    for (const name of ['a,b', 'say "hi"', 'two\r\nlines', '战狼2', 'a=b', '"']) {
      const [row, ...others] = await rowsOf([{ ...ENDED, package: name }]);
      assert.deepEqual([row?.[2], others], [name, []]);
    }
  });

  it('comes row by row: a long history is not held in memory, and ends with the caller', async () => {
    let given = 0;
    overview.historyRows = async function* () {
      for (; given < 1_000_000; given++) yield ENDED;
    };
    const answer = await fetch(`${api.url}/api/v1/history.csv`);
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    assert.ok(given < 1_000_000, String(given));
  });
});
