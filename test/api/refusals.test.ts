import assert from 'node:assert/strict';
import type { NodeApi } from '../../src/api/node.ts';
import { BftError, type ErrorCode } from '../../src/core/errors.ts';
import { type Api, startApi, TASK } from './harness.ts';

const GENTASK = { dcppath: '/d', taskfile: '/t', basesubdir: 'cfec-001', btobscdn: '1:1:1', policy: 'fulltime' };
const PARAMS = {
  send: { taskfile: '/t' },
  recv: { taskfile: '/t' },
  gentask: GENTASK,
  taskfilesquery: { dcppath: '/d', taskfile: '/t' },
  uploadprogress: { taskfile: TASK },
  progress: { taskfile: TASK },
  cprogress: { taskfile: TASK },
  cancel: { taskfile: TASK },
} as const;
type Name = keyof typeof PARAMS;
const pathOf = (name: Name) => (name === 'cprogress' ? '/progress' : `/${name}`);

/** Texts of the protocol, sic spellings and trailing blanks included: clients in the field compare them (decision 2). */
const DESCS: [row: string, method: Name, code: ErrorCode, desc: string][] = [
  ['BS-11', 'send', 'TASK_FILE_MISSING', 'open json file error:open /t: no such file or directory'],
  ['BS-12', 'send', 'TASK_FILE_INVALID', 'invalid json format:/t'],
  ['BS-13', 'send', 'DISK_WRITE', 'copy taskfile: /t error.'],
  ['BS-14', 'send', 'TASK_EXISTS', `same taskfile in queues:/data/sender/queues/${TASK}`],
  ['BS-15', 'send', 'TASK_EXISTS', `same taskfile in uploading:/data/sender/uploading/${TASK}`],
  ['BS-16', 'send', 'TORRENT_MISSING', 'not found torrent:/data/x.torrent pls re generate task and torrent. '],
  ['BS-17', 'send', 'BT_ENGINE_DOWN', `restart bt serving failed: x.torrent in ${TASK} `],
  ['BS-20', 'send', 'TASK_EXISTS', `exisited same name ct torrent bt process, send task failed: x.torrent in ${TASK} `],
  ['BR-21', 'recv', 'TASK_FILE_MISSING', 'open json file error:open /t: no such file or directory'],
  ['BR-22', 'recv', 'TASK_FILE_INVALID', 'invalid json format:/t'],
  ['BR-23', 'recv', 'SIZES_DIFFER', 'total files size equal 0 :/t'],
  ['BR-24', 'recv', 'TASK_EXISTS', `same taskfile in queues:/data/receiver/queues/${TASK}`],
  ['BR-25', 'recv', 'TASK_EXISTS', `same taskfile in downloading:/data/receiver/downloading/${TASK}`],
  ['BR-27', 'recv', 'DISK_WRITE', 'move json file to /data/receiver/tmp erro'],
  ['BR-29', 'recv', 'SIZES_DIFFER', 'totalsize != all lists sum : /t'],
  ['BR-31', 'recv', 'SOURCE_REFUSES', 'could not download torrent from http://127.0.0.1/x.torrent'],
  ['BR-32', 'recv', 'TASK_FILE_INVALID', 'need tmptorrent and found bt.tmpurl is empty.'],
  ['BR-33', 'recv', 'SOURCE_UNREACHABLE', 'could not download tmptorrent from http://127.0.0.1/x-tmp.torrent'],
  [
    'BR-34',
    'recv',
    'TORRENT_MISMATCH',
    'taskfile btlist is not equal torrent content, check taskfile or tmp torrent: u',
  ],
  ['BG-11', 'gentask', 'PARAMETER_INVALID', 'error, please provide taskfile path.'],
  ['BG-12', 'gentask', 'SOURCE_MISSING', 'error, not exist dcp path: /d.'],
  ['BG-13', 'gentask', 'TORRENT_BUSY', 'same torrent process is generating:/d.torrent '],
  ['BQ-07', 'taskfilesquery', 'SOURCE_MISSING', 'not exist /d '],
  ['BQ-08', 'taskfilesquery', 'TASK_FILE_MISSING', 'open json file error: /t '],
  ['BP-21', 'progress', 'TASK_UNKNOWN', 'unknown task, not found task.'],
  ['BP-22', 'progress', 'TASK_FILE_MISSING', 'open dir error:open /data/transfer : no such file or directory'],
  ['BP-21', 'cprogress', 'TASK_UNKNOWN', 'unknown task, not found task.'],
];

describe('api: refusals', () => {
  let api: Api;
  let bare: Api;
  let failure: Error;
  before(async () => {
    const fail = () => Promise.reject(failure);
    const parts: Partial<NodeApi> = {
      send: fail,
      recv: fail,
      cancel: fail,
      gentask: fail,
      making: fail,
      uploadProgress: fail,
      downloadProgress: fail,
      cacheProgress: fail,
    };
    api = await startApi(parts);
    bare = await startApi({ serverType: 'cacher' });
  });
  after(async () => {
    await api.stop();
    await bare.stop();
  });

  for (const [row, method, code, desc] of DESCS) {
    it(`${row} ${method}: ${JSON.stringify(desc)} arrives as it is, with its code`, async () => {
      failure = new BftError(code, desc);
      const { return_status, return_content } = await api.ask(pathOf(method), method, PARAMS[method]);
      assert.equal(return_status, 'false');
      assert.deepEqual(return_content, { desc, code });
    });
  }

  it('BU-10, C-24 uploadprogress of an unknown task is unknown in every field', async () => {
    failure = new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { return_status, return_content } = await api.ask('/uploadprogress', 'uploadprogress', { taskfile: TASK });
    assert.equal(return_status, 'false');
    assert.deepEqual(Object.entries(return_content), [
      ['taskfile', ''],
      ['status', 'unknown'],
      ['desc', 'unknown task, not found task.'],
      ['btstatus', 'unknown'],
      ['obsstatus', 'unknown'],
      ['cdnstatus', 'unknown'],
      ['code', 'TASK_UNKNOWN'],
    ]);
  });

  for (const method of Object.keys(PARAMS) as Name[]) {
    it(`decision 2: a defect inside ${method} is answered, with INTERNAL, and logged`, async () => {
      failure = new TypeError('x is not a function');
      api.errors.splice(0);
      const { return_status, return_content } = await api.ask(pathOf(method), method, PARAMS[method]);
      assert.deepEqual([return_status, return_content.code], ['false', 'INTERNAL']);
      assert.equal(api.errors.length, 1);
    });
  }

  for (const method of (Object.keys(PARAMS) as Name[]).filter(name => name !== 'progress')) {
    it(`a node whose role lacks ${method} says so`, async () => {
      const { return_status, return_content } = await bare.ask(pathOf(method), method, PARAMS[method]);
      assert.equal(return_status, 'false');
      assert.deepEqual(return_content, { desc: `a cacher does not know ${method}`, code: 'ROLE_LACKS' });
    });
  }

  it('BP-23 a cacher sends callers of progress to cprogress', async () => {
    const { return_status, return_content } = await bare.ask('/progress', 'progress', { taskfile: TASK });
    assert.equal(return_status, 'false');
    assert.equal(return_content.desc, 'do not support cacher type progress, change method_name to cprogress');
  });

  for (const name of [
    '../x.task.json',
    '/etc/x.task.json',
    'a/b.task.json',
    '',
    '..',
    'x.json',
    '.task.json',
    'a\0.task.json',
    `${'x'.repeat(300)}.task.json`,
  ]) {
    it(`hostile input 5: refuses the task name ${JSON.stringify(name.slice(0, 30))} before anything is asked`, async () => {
      failure = new Error('the daemon was asked');
      for (const method of ['cancel', 'progress', 'cprogress', 'uploadprogress'] as const) {
        const { return_status, return_content } = await api.ask(pathOf(method), method, { taskfile: name });
        assert.deepEqual([return_status, return_content.code], ['false', 'NAME_UNSAFE'], method);
      }
    });
  }
});

describe('api: successes', () => {
  const answers: { [path: string]: unknown } = {};
  let api: Api;
  let isThere = true;
  before(async () => {
    api = await startApi({
      send: async () => 'restarted same name bt process, succeed!',
      recv: async () => 'same name task downloaded, to download again.',
      cancel: async () => isThere,
      gentask: async () => false,
      making: async () => answers.making as { state: 'finished' },
    });
  });
  after(() => api.stop());

  it('BS-05, BR-08 send and recv answer in the words of the role', async () => {
    const sent = await api.ask('/send', 'send', { taskfile: '/t' });
    assert.deepEqual(sent.return_content, { desc: 'restarted same name bt process, succeed!' });
    const received = await api.ask('/recv', 'recv', { taskfile: '/t' });
    assert.deepEqual(received.return_content, { desc: 'same name task downloaded, to download again.' });
  });

  it('BX-06, BX-07 cancel succeeds, also when there is nothing to cancel', async () => {
    const found = await api.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.deepEqual([found.return_status, found.return_content], ['true', { desc: 'succeed!' }]);
    isThere = false;
    const none = await api.ask('/cancel', 'cancel', { taskfile: TASK });
    const desc = `no need to cancel, not found task: ${TASK}`;
    assert.deepEqual([none.return_status, none.return_content], ['true', { desc }]);
  });

  it('BG-03 gentask says what to wait for, as in the real output', async () => {
    const { return_content } = await api.ask('/gentask', 'gentask', {
      ...GENTASK,
      dcppath: '/data/dcp/cfec-001/dcps/xiaofang',
      taskfile: `/data/sender/tmp/${TASK}`,
    });
    assert.deepEqual(return_content, {
      desc: `please wait until /data/dcp/cfec-001/dcps/xiaofang.torrent, /data/dcp/cfec-001/dcps-tmp/xiaofang-tmp.torrent and /data/sender/tmp/${TASK} all are finished.`,
    });
  });

  const MAKING: [row: string, making: object, content: object][] = [
    ['BQ-03', { state: 'finished' }, { status: 'finished', desc: 'succeed!' }],
    [
      'BQ-04',
      { state: 'making', bytes: 5, total: 9 },
      { status: 'unfinished', desc: 'process making seed ', bytes: 5, total: 9 },
    ],
    ['BQ-05', { state: 'none' }, { status: 'unfinished', desc: 'no make seed process and not found task.json.' }],
  ];
  for (const [row, making, content] of MAKING) {
    it(`${row}, BQ-02 taskfilesquery answers ${JSON.stringify(content)}`, async () => {
      answers.making = making;
      const body = await api.ask('/taskfilesquery', 'taskfilesquery', { dcppath: '/d', taskfile: '/t' });
      assert.equal(body.return_status, 'true');
      assert.deepEqual(Object.entries(body.return_content), Object.entries(content));
    });
  }
});
