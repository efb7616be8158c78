import assert from 'node:assert/strict';
import type { RefusalPage } from '../../src/api/rest/shapes.ts';
import { Events } from '../../src/core/events.ts';
import { ManualClock } from '../manual-clock.ts';
import { inTimeZone } from '../time-zone.ts';
import { type Api, startApi } from './harness.ts';

describe('GET /api/v1/events', () => {
  const events = new Events({ clock: new ManualClock(Date.UTC(2026, 10, 21, 12, 45)) });
  let api: Api;
  before(async () => {
    events.add('TASK_STATE', 'a.task.json', 'received task: new in queues');
    events.add('DEADLINE_AT_RISK', 'a.task.json', 'late');
    api = await startApi({ events: since => events.since(since) });
  });
  after(() => api.stop());
  const ask = (query: string) => inTimeZone('Asia/Shanghai', () => api.send({ path: `/api/v1/events${query}` }));

  it('are all that are kept, oldest first, each with its number and its time', async () => {
    const { status, text } = await ask('');
    assert.equal(status, 200);
    const time = '2026-11-21T20:45:00+08:00';
    assert.deepEqual(JSON.parse(text), {
      events: [
        { number: 1, code: 'TASK_STATE', task: 'a.task.json', text: 'received task: new in queues', time },
        { number: 2, code: 'DEADLINE_AT_RISK', task: 'a.task.json', text: 'late', time },
      ],
    });
  });

  it('since a number are those after it', async () => {
    const numbers = async (query: string) => {
      const { events } = JSON.parse((await ask(query)).text) as { events: { number: number }[] };
      return events.map(({ number }) => number);
    };
    assert.deepEqual(await numbers('?since=1'), [2]);
    assert.deepEqual(await numbers('?since=2'), []);
    assert.deepEqual(await numbers('?since='), [1, 2]);
    assert.deepEqual(await numbers('?other=7'), [1, 2]);
  });

  for (const wrong of ['-1', 'soon', '1.5', '1e3', '9'.repeat(400)]) {
    it(`since ${wrong.slice(0, 10)} is refused, and named`, async () => {
      const { status, text } = await ask(`?since=${wrong}`);
      const { error } = JSON.parse(text) as RefusalPage;
      assert.deepEqual([status, error.code, error.field], [400, 'QUERY_INVALID', 'since']);
    });
  }
});
