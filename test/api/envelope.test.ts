import assert from 'node:assert/strict';
import { type Api, download, envelope, request, startApi, TASK } from './harness.ts';

const KEYS = [
  'reqest_message_id',
  'request_message_id',
  'message_type',
  'method_name',
  'return_status',
  'return_content',
];

describe('api: envelope', () => {
  let api: Api;
  const asked: unknown[][] = [];
  before(async () => {
    const note = async (...call: unknown[]) => {
      asked.push(call);
      return 'succeeded!';
    };
    api = await startApi({
      send: (...call) => note('send', ...call),
      recv: (...call) => note('recv', ...call),
      cancel: async name => (await note('cancel', name)) !== '',
      gentask: async params => (await note('gentask', params)) === '',
      sends: async params => (await note('sends', params)) === '',
      making: async () => ({ state: 'finished' }),
      uploadProgress: async () => ({ path: '', state: 'uploaded', error: undefined, isPaused: false, methods: {} }),
      downloadProgress: async () => download(),
    });
  });
  after(() => api.stop());
  beforeEach(() => asked.splice(0));

  const GENTASK = {
    dcppath: '/data/dcp/cfec-001/dcps/xiaofang',
    taskfile: `/data/sender/tmp/${TASK}`,
    basesubdir: 'cfec-001',
    btobscdn: '1:1:1',
    policy: 'fulltime',
  };
  const { basesubdir: _, ...SENDS } = GENTASK;
  const CALLS: [path: string, method: string, params: object][] = [
    ['/send', 'send', { taskfile: '/tmp/t' }],
    ['/recv', 'recv', { taskfile: '/tmp/t' }],
    ['/uploadprogress', 'uploadprogress', { taskfile: TASK }],
    ['/progress', 'progress', { taskfile: TASK }],
    ['/gentask', 'gentask', GENTASK],
    ['/sends', 'sends', { dcppath: SENDS.dcppath, taskfile: SENDS.taskfile }],
    ['/taskfilesquery', 'taskfilesquery', { dcppath: '/data', taskfile: '/tmp/t' }],
    ['/cancel', 'cancel', { taskfile: TASK }],
  ];
  for (const [path, method, params] of CALLS) {
    it(`BE-01, BE-02, BE-03, C-01, C-02, C-17, C-18 ${path} answers in the key order of the real outputs, with both ids`, async () => {
      const answer = await api.post(path, request(method, params));
      assert.equal(answer.status, 200);
      assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
      const body = envelope(answer);
      assert.deepEqual(Object.keys(body), KEYS);
      assert.deepEqual(
        { ...body, return_content: undefined },
        {
          reqest_message_id: '321',
          request_message_id: '321',
          message_type: 'response',
          method_name: method,
          return_status: 'true',
          return_content: undefined,
        },
      );
      assert.equal(typeof body.return_content, 'object');
    });

    it(`decision 4, BE-06: ${path} names a method that it does not know`, async () => {
      const body = await api.ask(path, 'nonsense', params);
      assert.deepEqual(Object.keys(body), KEYS);
      assert.equal(body.return_status, 'false');
      assert.deepEqual(body.return_content, { desc: 'unknown method: nonsense', code: 'METHOD_UNKNOWN' });
    });

    it(`decision 4: ${path} names what is missing`, async () => {
      const none = await api.ask(path, method, undefined);
      assert.deepEqual(none.return_content, { desc: 'missing parameter: method_params', code: 'PARAMETER_MISSING' });
      for (const key of Object.keys(params)) {
        const body = await api.ask(path, method, { ...params, [key]: undefined });
        const hasOwnText = key === 'taskfile' && ['gentask', 'sends'].includes(method);
        const desc = hasOwnText ? 'error, please provide taskfile path.' : `missing parameter: ${key}`;
        assert.equal(body.return_status, 'false');
        assert.deepEqual(body.return_content, { desc, code: 'PARAMETER_MISSING' });
      }
    });

    it(`${path} refuses parameters of a wrong type, and names them`, async () => {
      for (const key of Object.keys(params)) {
        for (const value of [null, 7, [], {}, false]) {
          const { return_status, return_content } = await api.ask(path, method, { ...params, [key]: value });
          assert.equal(return_status, 'false');
          // uploadprogress and progress read a name; the others refuse by the schema.
          assert.equal(return_content.code, 'PARAMETER_INVALID', `${key}: ${JSON.stringify(value)}`);
          assert.ok(String(return_content.desc).includes(`"${key}"`), String(return_content.desc));
        }
      }
    });
  }

  for (const id of ['321', 321, '', 'ünïcödé', 1.5, true]) {
    it(`decision 1 echoes the id ${JSON.stringify(id)} in both spellings`, async () => {
      const { reqest_message_id, request_message_id } = await api.ask('/send', 'send', { taskfile: '/t' }, id);
      assert.deepEqual([reqest_message_id, request_message_id], [id, id]);
    });
  }

  it('decision 1 echoes a number with all its digits', async () => {
    for (const id of ['12345678901234567890', '0.10000000000000000001', '1.0', '1e400', '-0']) {
      const body = request('send', { taskfile: '/t' }).replace('"321"', id);
      const { text } = await api.post('/send', body);
      assert.ok(text.startsWith(`{"reqest_message_id":${id},"request_message_id":${id},`), text);
    }
  });

  it('does not echo an id that is no scalar', async () => {
    for (const id of [{ a: 1 }, [1], null, undefined]) {
      assert.equal((await api.ask('/send', 'send', { taskfile: '/t' }, id ?? null)).reqest_message_id, '');
    }
  });

  for (const value of ['true', true, 'false', false]) {
    it(`BE-04 takes the boolean ${JSON.stringify(value)} of send and recv`, async () => {
      await api.ask('/send', 'send', { taskfile: '/t', reactive: value });
      await api.ask('/recv', 'recv', { taskfile: '/t', reactive: value });
      const wanted = String(value) === 'true';
      assert.deepEqual(asked, [
        ['send', '/t', wanted],
        ['recv', '/t', wanted],
      ]);
    });
  }

  it('C-19 reactive is true by default for send, false for recv', async () => {
    await api.ask('/send', 'send', { taskfile: '/t' });
    await api.ask('/recv', 'recv', { taskfile: '/t' });
    assert.deepEqual(
      asked.map(([, , reactive]) => reactive),
      [true, false],
    );
  });

  for (const value of ['yes', '', 'TRUE', 1, 0, null, {}, []]) {
    it(`BS-21 refuses the reactive ${JSON.stringify(value)} of send`, async () => {
      const { return_status, return_content } = await api.ask('/send', 'send', { taskfile: '/t', reactive: value });
      assert.equal(return_status, 'false');
      assert.equal(return_content.desc, 'reactive parameter input error ');
      assert.deepEqual(asked, []);
    });
  }

  it('BG-01, C-11 gentask hands on what it got, seedtime as a text, deloldtorrent as a boolean', async () => {
    await api.ask('/gentask', 'gentask', { ...GENTASK, seedtime: 168, deloldtorrent: 'true', tracker: '' });
    await api.ask('/gentask', 'gentask', { ...GENTASK, seedtime: '72' });
    assert.deepEqual(asked, [
      ['gentask', { ...GENTASK, seedtime: '168', deloldtorrent: true }],
      ['gentask', { ...GENTASK, seedtime: '72', deloldtorrent: false }],
    ]);
  });

  it('BZ-01 sends hands on the same; the sub-directory is the one that the package lies in, `data` is `datasource`', async () => {
    await api.ask('/sends', 'sends', { ...SENDS, seedtime: 72, data: 'obs', ak: 'a' });
    await api.ask('/sends', 'sends', { ...SENDS, datasource: 'local', data: 'obs', endpoint: '' });
    const common = { ...GENTASK, deloldtorrent: false };
    assert.deepEqual(asked, [
      ['sends', { ...common, seedtime: '72', datasource: 'obs', ak: 'a' }],
      ['sends', { ...common, seedtime: undefined, datasource: 'local' }],
    ]);
  });

  it('BG-01, BR-06, BZ-01 what is optional and empty is absent', async () => {
    const empty = { tracker: '', seedtime: '', datasource: '', obsurl: '', ak: '', sk: '', endpoint: '' };
    await api.ask('/gentask', 'gentask', { ...GENTASK, ...empty, deloldtorrent: '' });
    await api.ask('/sends', 'sends', { ...SENDS, ...empty, data: '', btobscdn: '', policy: '' });
    await api.ask('/recv', 'recv', { taskfile: '/t', reactive: '' });
    const none = { seedtime: undefined, deloldtorrent: false };
    assert.deepEqual(asked, [
      ['gentask', { ...GENTASK, ...none }],
      ['sends', { ...GENTASK, ...none, datasource: undefined, btobscdn: '', policy: '' }],
      ['recv', '/t', false],
    ]);
  });

  it('decision 12 gentask and sends hand on a deadline with its seconds', async () => {
    const deadline = '2021-05-28 22:33';
    await api.ask('/gentask', 'gentask', { ...GENTASK, deadline });
    await api.ask('/sends', 'sends', { ...SENDS, deadline: `${deadline}:01` });
    assert.deepEqual(
      asked.map(([, request]) => (request as { deadline?: string }).deadline),
      [`${deadline}:00`, `${deadline}:01`],
    );
    const { return_content } = await api.ask('/gentask', 'gentask', { ...GENTASK, deadline: '2021-05-28 22:32' });
    assert.equal(return_content.desc, '"deadline" 2021-05-28 22:32:00 is in the past');
  });

  const NONSENSE: Readonly<Record<string, readonly unknown[]>> = {
    seedtime: ['soon', '-1', -1, '1.5', 1.5, ' 7', '72h', 1e9],
    datasource: ['bucket', 'OBS', 'local '],
    obsurl: ['cfec-001', 'obs://', 'obs://cfec-001', 'obs://cfec-001/film/', 'http://127.0.0.1/film'],
    deadline: [
      'soon',
      7,
      '2031-02-31 10:00',
      '2031-05-28 25:00',
      '2031-05-28',
      '2021-05-28 22:32:26',
      '1999-01-01 00:00',
    ],
    tracker: ['here', 'ftp://127.0.0.1/announce', 'http://', 'http:///announce', 'udp://a b'],
  };
  for (const [key, values] of Object.entries(NONSENSE)) {
    for (const value of values) {
      it(`BG-01, BZ-01 gentask and sends refuse the ${key} ${JSON.stringify(value)}, and name it`, async () => {
        for (const [method, params] of [
          ['gentask', GENTASK],
          ['sends', SENDS],
        ] as const) {
          const { return_content } = await api.ask(`/${method}`, method, { ...params, [key]: value });
          assert.equal(return_content.code, 'PARAMETER_INVALID');
          assert.match(String(return_content.desc), new RegExp(`^"${key}" `));
        }
        assert.deepEqual(asked, []);
      });
    }
  }

  it('BG-01, BZ-01 takes what makes sense', async () => {
    const good = { seedtime: 0, datasource: 'obs', obsurl: 'obs://cfec-001/dcps/film 1' };
    for (const tracker of ['http://127.0.0.1:6969/announce', 'https://a', 'udp://127.0.0.1:6969'])
      assert.equal((await api.ask('/gentask', 'gentask', { ...GENTASK, ...good, tracker })).return_status, 'true');
  });

  it('BZ-01 sends says where a package must lie', async () => {
    for (const dcppath of ['/d', '/data/dcp/cfec-001/film', '/dcps/film', 'film', '']) {
      const { return_content } = await api.ask('/sends', 'sends', { ...SENDS, dcppath });
      const desc = `dcppath ${JSON.stringify(dcppath)} must be <basedatapath>/<basesubdir>/dcps/<name>`;
      assert.deepEqual(return_content, { desc, code: 'PARAMETER_INVALID' });
    }
    assert.deepEqual(asked, []);
  });

  it('C-26 the endpoint and the keys are optional', async () => {
    assert.equal((await api.ask('/gentask', 'gentask', GENTASK)).return_status, 'true');
  });

  it('BG-01 refuses another policy', async () => {
    const { return_content } = await api.ask('/gentask', 'gentask', { ...GENTASK, policy: 'sometimes' });
    assert.deepEqual([return_content.code, asked], ['PARAMETER_INVALID', []]);
  });

  it('ignores parameters and keys it does not know', async () => {
    const body = JSON.stringify({
      extra: 1,
      message_id: '1',
      method_name: 'send',
      method_params: { taskfile: '/t', more: [1] },
    });
    assert.equal(envelope(await api.post('/send', body)).return_status, 'true');
  });
});
