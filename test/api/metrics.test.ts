import assert from 'node:assert/strict';
import type { NodeApi, ScheduledTask, TaskCount } from '../../src/api/node.ts';
import { METRICS_EXAMPLE } from '../../src/api/read-examples.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { startApi } from './harness.ts';

const NOW = new Date(2026, 10, 21, 12).getTime();
const task = (name: string, window: string, isAtRisk: boolean): ScheduledTask => ({
  name,
  isDownloading: true,
  ratio: '0:0:1',
  policy: 'priortime',
  deadline: NOW,
  forecast: { end: NOW, earliest: NOW },
  isAtRisk,
  methods: { cdn: { window: Timetable.parse(window), rate: 0, bytes: 0, total: 1 } },
});
const received = (state: string, tasks: number): TaskCount => ({ direction: 'received', state, tasks });

describe('GET /metrics', () => {
  const scrape = async (parts: Partial<NodeApi>, token = '', headers: Record<string, string> = {}) => {
    const api = await startApi({ now: () => NOW, ...parts }, token);
    try {
      const answers = await Promise.all([1, 2, 3].map(() => api.send({ path: '/metrics', headers })));
      // Scrapes at the same time know nothing of each other.
      for (const { text } of answers) assert.equal(text, answers[0]?.text);
      return answers[0] ?? assert.fail();
    } finally {
      await api.stop();
    }
  };

  it('leaves out what is not known: 0 bytes free would wake somebody', async () => {
    const { status, text } = await scrape({});
    assert.deepEqual(
      [status, /^bft_(tasks|disk_free_bytes|queue_oldest_age_seconds)\b/m.test(text)],
      [200, false],
      text,
    );
    assert.match(text, /^bft_tasks_at_risk 0$/m);
  });

  it('is the text of Prometheus, as the example in the documentation says', async () => {
    const counts = [
      received('queues', 0),
      received('downloading', 1),
      received('downloaded', 3),
      received('history', 12),
    ];
    const { status, headers, text } = await scrape({
      schedules: () => Promise.resolve([task('secret-film', '09:00-13:00', true)]),
      taskCounts: () => Promise.resolve(counts),
      operations: {
        readiness: () => Promise.reject(new Error('nobody asked')),
        totals: () => ({
          received: { bt: 52_428_800_000, obs: 0, cdn: 1_048_576 },
          sent: { bt: 1_073_741_824, obs: 0, cdn: 0 },
          hashFailures: { bt: 0, obs: 0, cdn: 2 },
        }),
        oldestQueued: () => Promise.resolve([{ direction: 'received', seconds: 0 }]),
        diskFree: () => Promise.resolve([{ path: 'storage', bytes: 2_000_000_000_000 }]),
      },
    });
    assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.equal(text.replace(/^(process_start_time_seconds) .*/m, '$1 1795264526.123'), METRICS_EXAMPLE);
    assert.match(text, /^process_start_time_seconds \d{10}(\.\d+)?$/m);
  });

  it('a window is open while a task may fetch, or the own hours of the node are open', async () => {
    const { text } = await scrape({
      schedules: () => Promise.resolve([task('a', '22:00-06:00', false), task('b', '13:00-14:00', false)]),
      ownTimetables: () => ({ bt: Timetable.parse('11:00-12:01'), obs: Timetable.parse('12:01-13:00') }),
    });
    assert.match(text, /^bft_tasks_at_risk 0$/m);
    for (const line of [
      'bft_window_open{method="bt"} 1',
      'bft_window_open{method="obs"} 0',
      'bft_window_open{method="cdn"} 0',
    ])
      assert.ok(text.split('\n').includes(line), text);
  });

  it('is guarded like everything else', async () => {
    const refused = await scrape({}, 'a-token');
    assert.equal(refused.status, 401);
    assert.equal((await scrape({}, 'a-token', { authorization: 'Bearer a-token' })).status, 200);
    assert.equal((await scrape({}, '', { host: 'film.example' })).status, 421);
  });
});
