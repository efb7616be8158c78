import assert from 'node:assert/strict';
import type { CacheView, DownloadView, MethodView } from '../../src/api/node.ts';
import { BftError } from '../../src/core/errors.ts';
import { answerText, type Api, download, idle, startApi, TASK } from './harness.ts';

/** BP-02, in the order of the real outputs; then what is ours. */
const KEYS =
  'status taskfullpath dcppath btstatus downerror downloaded rate totoalpercent btrate btpercent obsrate obspercent cdnrate cdnpercent ecompletedtime bt2downpercent obs2downpercent cdn2downpercent localsamepercent taskfile totalpercent totalbytes desc code methods deadline forecast atrisk waits'.split(
    ' ',
  );

const SIZE = 942_225_235;
const moving = (bytes: number, total: number, rate = 0): MethodView => ({
  ...idle,
  state: 'running',
  bytes,
  total,
  rate,
});

describe('api: progress', () => {
  let api: Api;
  let view: DownloadView;
  let cached: CacheView;
  before(async () => {
    api = await startApi({ downloadProgress: async () => view, cacheProgress: async () => cached });
  });
  after(() => api.stop());

  const progress = async (changes: Partial<DownloadView>) => {
    view = download(changes);
    const { return_status, return_content } = await api.ask('/progress', 'progress', { taskfile: TASK });
    assert.equal(return_status, 'true');
    return return_content;
  };

  it('BP-02, C-06, C-07 has the fields of the real outputs in their order, with their types', async () => {
    const content = await progress({});
    assert.deepEqual(Object.keys(content), KEYS);
    const types: Record<string, string> = {
      downloaded: 'number',
      ecompletedtime: 'number',
      methods: 'object',
      atrisk: 'boolean',
    };
    for (const key of KEYS) assert.equal(typeof content[key], types[key] ?? 'string', key);
    assert.equal(typeof content.totalbytes, 'string');
  });

  it('deadline and forecast are local times (decision 12), empty where there is none', async () => {
    const keys = ({ deadline, forecast, atrisk }: Readonly<Record<string, unknown>>) => [deadline, forecast, atrisk];
    assert.deepEqual(keys(await progress({})), ['', '', false]);
    const end = new Date(2026, 10, 28, 2, 10).getTime();
    const late = await progress({ deadline: '2026-11-27 18:00:00', forecast: end, isAtRisk: true });
    assert.deepEqual(keys(late), ['2026-11-27 18:00:00', '2026-11-28 02:10:00', true]);
  });

  it('C-03, C-04, C-08 and decision 5: the aliases say the same', async () => {
    const content = await progress({ methods: { bt: moving(400, 800), obs: idle, cdn: idle }, size: 1000 });
    assert.equal(content.taskfile, content.taskfullpath);
    assert.deepEqual([content.totalpercent, content.totoalpercent, content.totalbytes], ['40.000%', '40.000%', '1000']);
    assert.deepEqual(content.methods, view.methods);
  });

  it('BP-02 the real output, to the byte: everything was here already', async () => {
    const content = await progress({ state: 'downloaded', packagePath: '/data/dcp/xiaofang', localSame: SIZE });
    const real = {
      status: 'downloaded',
      taskfullpath: `/data/receiver/downloading/${TASK}`,
      dcppath: '/data/dcp/xiaofang',
      btstatus: 'noseeding',
      downerror: '',
      downloaded: SIZE,
      rate: '',
      totoalpercent: '100.000%',
      btrate: '',
      btpercent: '0.000%',
      obsrate: '',
      obspercent: '0.000%',
      cdnrate: '',
      cdnpercent: '0.000%',
      ecompletedtime: 0,
      bt2downpercent: '0.000%',
      obs2downpercent: '0.000%',
      cdn2downpercent: '0.000%',
      localsamepercent: '100.000%',
    };
    assert.equal(JSON.stringify(Object.fromEntries(Object.entries(content).slice(0, 19))), JSON.stringify(real));
  });

  it('BP-08, C-16 shares: 933597669 and 8627566 of 942225235 are 99.084% and 0.916%', async () => {
    const methods = { bt: moving(0, 933_597_669), obs: idle, cdn: idle };
    const content = await progress({ localSame: 8_627_566, methods });
    assert.deepEqual([content.bt2downpercent, content.localsamepercent], ['99.084%', '0.916%']);
  });

  it('BP-07 percents of the methods are of the whole, and add up (22 + 23 + 21 = 66)', async () => {
    const methods = { bt: moving(22, 34, 100), obs: moving(23, 33, 200), cdn: moving(21, 33, 300) };
    const content = await progress({ size: 100, methods });
    const percents = [content.btpercent, content.obspercent, content.cdnpercent, content.totoalpercent];
    assert.deepEqual(percents, ['22.000%', '23.000%', '21.000%', '66.000%']);
    assert.deepEqual([content.downloaded, content.rate], [66, '600 B/s']);
    assert.deepEqual(
      [content.bt2downpercent, content.obs2downpercent, content.cdn2downpercent],
      ['34.000%', '33.000%', '33.000%'],
    );
  });

  const RATES: [bytesPerSecond: number, text: string][] = [
    [0, ''],
    [1, '1 B/s'],
    [9999, '9999 B/s'],
    [10_000, '10 K/s'],
    [9999 * 1024, '9999 K/s'],
    [9999 * 1024 + 1, '10 M/s'],
    [117 * 1024 * 1024, '117 M/s'],
  ];
  for (const [rate, text] of RATES) {
    it(`BP-09, C-15 ${rate} bytes per second is ${JSON.stringify(text)}`, async () => {
      const content = await progress({ methods: { bt: idle, obs: moving(0, 1, rate), cdn: idle } });
      assert.deepEqual([content.obsrate, content.rate, content.btrate, content.cdnrate], [text, text, '', '']);
    });
  }

  const LEFT: [name: string, bytes: number, rate: number, minutes: number][] = [
    ['0 when done', 6000, 10, 0],
    ['-1 when nothing moves', 0, 0, -1],
    ['whole minutes, rounded up', 0, 99, 2],
    ['a minute exactly', 0, 100, 1],
  ];
  for (const [name, bytes, rate, minutes] of LEFT) {
    it(`BP-10 ecompletedtime is ${name}`, async () => {
      const content = await progress({ size: 6000, methods: { bt: moving(bytes, 6000, rate), obs: idle, cdn: idle } });
      assert.equal(content.ecompletedtime, minutes);
    });
  }

  it('BP-05, C-14 seeding only when it does', async () => {
    assert.equal((await progress({ isSeeding: true })).btstatus, 'seeding');
    assert.equal((await progress({})).btstatus, 'noseeding');
  });

  for (const method of ['bt', 'obs', 'cdn', undefined] as const) {
    const words = method === undefined ? 'download error' : `${method} download error`;
    it(`BP-06, C-05 downerror is ${JSON.stringify(words)} after a failure of ${method ?? 'none of the methods'}; desc says it in full`, async () => {
      const error = new BftError('BT_NO_SOURCE', 'no source of xiaofang-tmp');
      error.method = method;
      const failed = await progress({ state: 'downloaderror', error });
      assert.deepEqual([failed.downerror, failed.desc, failed.code], [words, error.message, 'BT_NO_SOURCE']);
      const tried = await progress({ state: 'downloading', error });
      assert.deepEqual([tried.downerror, tried.desc, tried.code], ['', error.message, 'BT_NO_SOURCE']);
    });
  }

  it('of a paused task the status is that of its directory; desc and waits say that it is paused', async () => {
    const texts = ({ status, desc, code, waits }: Readonly<Record<string, unknown>>) => [status, desc, code, waits];
    const said = 'paused by an operator';
    assert.deepEqual(texts(await progress({ isPaused: true })), ['downloading', said, 'TASK_PAUSED', said]);
    const failed = await progress({ isPaused: true, state: 'downloaderror', error });
    assert.deepEqual(texts(failed), ['downloaderror', error.message, error.code, said]);
  });

  it('BP-04 dcppath is the final storage, or empty', async () => {
    assert.equal((await progress({})).dcppath, '');
    assert.equal((await progress({ state: 'downloaded', packagePath: '/data/dcp/x' })).dcppath, '/data/dcp/x');
  });

  it('BP-01 takes the bare name, no path', async () => {
    const { return_content } = await api.ask('/progress', 'progress', {
      taskfile: `/data/receiver/downloading/${TASK}`,
    });
    assert.equal(return_content.code, 'NAME_UNSAFE');
  });

  for (const state of ['downloading', 'downloaderror', 'downloaded', 'history'] as const) {
    it(`BP-03 status ${state}`, async () => assert.equal((await progress({ state })).status, state));
  }

  it('BP-24, C-22 a queued task has no progress, and its status says why', async () => {
    view = download({ state: 'queues' });
    const text = await api.text('/progress', 'progress', { taskfile: TASK });
    const content = {
      status: 'queues',
      desc: 'task in queues, no progress now.',
      taskfile: view.path,
      code: 'TASK_WAITS',
    };
    assert.equal(text, answerText('progress', false, content));
  });

  const DIRECTORY = '/data/transfer/bt/cfec-001/xiaofang-tmp';
  const error = new BftError('BT_NO_SOURCE', 'no source');
  const CACHED: [row: string, view: Partial<CacheView>, content: object][] = [
    ['BP-31', { isServing: true }, { status: 'seeding', desc: `btseeding dir:${DIRECTORY}` }],
    ['BP-32', {}, { status: 'noseeding', desc: '' }],
    ['BP-32', { isServing: true, error }, { status: 'seeding error', desc: 'no source', code: 'BT_NO_SOURCE' }],
    ['BP-32', { isPaused: true }, { status: 'noseeding', desc: 'paused by an operator', code: 'TASK_PAUSED' }],
    ['BP-32', { error }, { status: 'noseeding error', desc: 'no source', code: 'BT_NO_SOURCE' }],
  ];
  for (const [row, changes, content] of CACHED) {
    it(`${row}, BE-05 cprogress answers ${JSON.stringify(content)}`, async () => {
      cached = {
        isServing: false,
        directory: DIRECTORY,
        error: undefined,
        isPaused: false,
        bt: moving(1, 2),
        ...changes,
      };
      const { return_status, return_content, method_name } = await api.ask('/progress', 'cprogress', {
        taskfile: TASK,
      });
      assert.deepEqual([return_status, method_name], ['true', 'cprogress']);
      assert.deepEqual(Object.entries(return_content).slice(0, 2), Object.entries(content).slice(0, 2));
      assert.deepEqual(return_content, { ...content, methods: { bt: cached.bt } });
    });
  }
});
