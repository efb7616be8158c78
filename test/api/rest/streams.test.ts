import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { LiveStreams } from '../../../src/api/rest/live-streams.ts';
import type { RefusalPage, TaskRow } from '../../../src/api/rest/shapes.ts';
import { BftError } from '../../../src/core/errors.ts';
import { type Api, liveStreams, startApi } from '../harness.ts';
import { HandTicks, Listener } from './listener.ts';
import { NAME, OneTask } from './parts.ts';

describe('api: streams', () => {
  let ticks: HandTicks;
  let overview: OneTask;
  let streams: LiveStreams;
  let api: Api;
  const listen = (path = '/api/v1/stream') => Listener.connect(api.port, path);
  const change = (fields: Partial<TaskRow>) => {
    const [task] = overview.page.tasks;
    overview.page = { ...overview.page, tasks: [{ ...(task as TaskRow), ...fields }] };
  };

  beforeEach(async () => {
    ticks = new HandTicks();
    overview = new OneTask();
    streams = liveStreams(ticks);
    api = await startApi({ overview }, '', streams);
  });
  afterEach(async () => {
    await streams.stop();
    await api.stop();
  });

  it('begin with a snapshot, then tell what changed and nothing else, in numbers without a gap', async () => {
    const listener = await listen();
    const { headers } = listener.answer;
    assert.match(headers['content-type'] ?? '', /^text\/event-stream/);
    assert.deepEqual([headers['cache-control'], headers['x-accel-buffering']], ['no-cache, no-transform', 'no']);
    const first = await listener.next();
    assert.deepEqual([first.name, first.data], ['snapshot', overview.page]);

    change({
      bytes: 7,
      methods: { ...(overview.page.tasks[0] as TaskRow).methods, cdn: { bytes: 7, total: 9, rate: 1 } },
    });
    overview.page = { ...overview.page, node: { ...overview.page.node, down: 5 } };
    ticks.tick();
    const { methods } = overview.page.tasks[0] as TaskRow;
    assert.deepEqual(await listener.next(), {
      id: (first.id ?? 0) + 1,
      name: 'patch',
      data: { node: { down: 5 }, tasks: { [`received/${NAME}`]: { bytes: 7, methods } } },
    });

    const other = { ...(overview.page.tasks[0] as TaskRow), id: 'sent/other', direction: 'sent' as const };
    overview.page = { ...overview.page, tasks: [other] };
    ticks.tick();
    const { id, data } = await listener.next();
    assert.deepEqual([id, data], [(first.id ?? 0) + 2, { tasks: { 'sent/other': other, [`received/${NAME}`]: null } }]);
  });

  it('are one look for all who listen, with the same numbers; one who comes later begins where they are', async () => {
    const [a, b] = [await listen(), await listen()];
    await a.next();
    await b.next();
    const before = overview.looks;
    change({ bytes: 1 });
    ticks.tick();
    const [heard, same] = [await a.next(), await b.next()];
    assert.deepEqual(heard, same);
    assert.equal(overview.looks, before + 1);

    const c = await listen();
    const late = await c.next();
    assert.deepEqual([late.id, late.data], [heard.id, overview.page]);
    change({ bytes: 2 });
    ticks.tick();
    assert.deepEqual(await c.next(), await a.next());
  });

  it('look no more when nobody listens, and begin anew with the next one', async () => {
    const first = await listen();
    await first.next();
    const gone = once(first.answer, 'close');
    first.close();
    await gone;
    const looksAfterTick = async () => {
      ticks.tick();
      for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
      return overview.looks;
    };
    // Until the server has heard of it.
    let looks = -1;
    while (looks !== overview.looks) {
      looks = overview.looks;
      await looksAfterTick();
    }
    assert.equal(await looksAfterTick(), looks);
    change({ bytes: 3 });
    const second = await listen();
    assert.deepEqual((await second.next()).data, overview.page);
  });

  it('send a comment after 15 s without an event', async () => {
    const listener = await listen();
    await listener.next();
    for (let second = 0; second < 15; second++) {
      const before = overview.looks;
      ticks.tick();
      while (overview.looks === before) await new Promise(resolve => setImmediate(resolve));
      await new Promise(resolve => setImmediate(resolve));
    }
    assert.equal(await listener.nextBlock(), ':');
  });

  it('of one task tell it whole when it changed, without pieces that did not; and end when it is gone', async () => {
    const listener = await listen(`/api/v1/tasks/${NAME}/stream`);
    assert.deepEqual((await listener.next()).data, overview.detail);
    overview.detail = { ...overview.detail, bytes: 9 };
    ticks.tick();
    const { pieces, ...others } = overview.detail;
    assert.deepEqual((await listener.next()).data, others);
    assert.ok(pieces);
    overview.detail = { ...overview.detail, pieces: { ...pieces, have: 4 } };
    ticks.tick();
    assert.deepEqual((await listener.next()).data, overview.detail);

    overview.failure = new BftError('TASK_UNKNOWN', 'it was cancelled');
    ticks.tick();
    const { name, data } = await listener.next();
    assert.deepEqual([name, (data as RefusalPage).error.code], ['refusal', 'TASK_UNKNOWN']);
    await listener.ended();
  });

  it('refuse as any path does what cannot begin', async () => {
    const of = async (path: string) => {
      const { status, text } = await api.send({ path });
      return [status, (JSON.parse(text) as RefusalPage).error.code];
    };
    assert.deepEqual(await of('/api/v1/tasks/other.task.json/stream'), [404, 'TASK_UNKNOWN']);
    assert.deepEqual(await of(`/api/v1/tasks/${NAME}/stream?direction=sent`), [404, 'TASK_UNKNOWN']);
    overview.failure = new BftError('DISK_WRITE', 'the directory cannot be read');
    assert.deepEqual(await of('/api/v1/stream'), [500, 'DISK_WRITE']);
    const { task } = overview;
    overview.task = () => {
      throw new BftError('DISK_WRITE', 'it cannot even be asked');
    };
    assert.deepEqual(await of(`/api/v1/tasks/${NAME}/stream?direction=received`), [500, 'DISK_WRITE']);
    overview.task = task;
    overview.failure = undefined;
    await (await listen()).next();
    await (await listen(`/api/v1/tasks/${NAME}/stream?direction=received`)).next();
  });

  it('are 64 at once; one more is told to ask now and then instead', async () => {
    const listeners = await Promise.all(Array.from({ length: 64 }, () => listen()));
    const { status, text } = await api.send({ path: '/api/v1/stream' });
    const { error } = JSON.parse(text) as RefusalPage;
    assert.deepEqual([status, error.code], [503, 'TOO_MANY_CALLS']);
    assert.match(error.next, /GET \/api\/v1\/tasks/);
    assert.equal((await api.send({ path: '/api/v1/tasks' })).status, 200);
    assert.equal(listeners.length, 64);
  });

  it('cut off one who does not read, and go on with the others', async () => {
    const fast = await listen();
    await fast.next();
    const slow = connect(api.port, '127.0.0.1').pause();
    slow.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(slow, 'connect');
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      change({ package: String(round % 10).repeat(300_000) });
      ticks.tick();
      sent += JSON.stringify(await fast.next()).length;
    }
    let got = 0;
    slow.on('data', data => {
      got += data.length;
    });
    slow.on('error', () => undefined);
    slow.resume();
    await once(slow, 'close');
    assert.ok(got < sent, `${got} of ${sent}`);
    change({ package: 'film' });
    ticks.tick();
    assert.equal((await fast.next()).name, 'patch');
  });

  it('end at once when the daemon stops, and none begins any more', async () => {
    const listeners = await Promise.all(['', '', ''].map(() => listen()));
    for (const listener of listeners) await listener.next();
    await streams.stop();
    await Promise.all(listeners.map(listener => listener.ended()));
    assert.equal((await api.send({ path: '/api/v1/stream' })).status, 503);
  });

  it('answer HEAD without beginning', async () => {
    const { status, body } = await api.send({ method: 'HEAD', path: '/api/v1/stream' });
    assert.deepEqual([status, body.length, overview.looks], [200, 0, 0]);
  });
});
