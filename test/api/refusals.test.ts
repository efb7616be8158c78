import assert from 'node:assert/strict';
import type { NodeApi } from '../../src/api/node.ts';
import { BftError, type ErrorCode } from '../../src/core/errors.ts';
import { answerText, type Api, startApi, TASK } from './harness.ts';

const GENTASK = { dcppath: '/d', taskfile: '/t', basesubdir: 'cfec-001', btobscdn: '1:1:1', policy: 'fulltime' };
const PARAMS = {
  send: { taskfile: '/t' },
  recv: { taskfile: '/t' },
  gentask: GENTASK,
  sends: { ...GENTASK, dcppath: '/dcp/cfec-001/dcps/d' },
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
  ['BG-12', 'gentask', 'SOURCE_MISSING', 'error, not exist dcp path: /d.'],
  ['BG-13', 'gentask', 'TORRENT_BUSY', 'same torrent process is generating:/d.torrent '],
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
      sends: fail,
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
      const text = await api.text(pathOf(method), method, PARAMS[method]);
      assert.equal(text, answerText(method, false, { desc, code }));
    });
  }

  for (const [row, code, desc] of [
    ['BQ-07', 'SOURCE_MISSING', 'not exist /d '],
    ['BQ-08', 'TASK_FILE_INVALID', 'open json file error: /t '],
  ] as const) {
    it(`${row} taskfilesquery: ${JSON.stringify(desc)} comes with the status error before it`, async () => {
      failure = new BftError(code, desc);
      const text = await api.text('/taskfilesquery', 'taskfilesquery', PARAMS.taskfilesquery);
      assert.equal(text, answerText('taskfilesquery', false, { status: 'error', desc, code }));
    });
  }

  for (const taskfile of [undefined, '']) {
    for (const method of ['gentask', 'sends'] as const) {
      it(`BG-11 ${method} with the taskfile ${taskfile === '' ? 'empty' : 'missing'}`, async () => {
        failure = new Error('the daemon was asked');
        const text = await api.text(`/${method}`, method, { ...GENTASK, taskfile });
        const desc = 'error, please provide taskfile path.';
        assert.equal(text, answerText(method, false, { desc, code: 'PARAMETER_MISSING' }));
      });
    }
  }

  for (const state of ['queues', 'uploading']) {
    it(`BZ-02 sends of a task in ${state}: its own words for send's refusal`, async () => {
      failure = new BftError('TASK_EXISTS', `same taskfile in ${state}:/data/sender/${state}/${TASK}`);
      const desc = `same task in ${state}:/data/sender/${state}/${TASK}`;
      const text = await api.text('/sends', 'sends', PARAMS.sends);
      assert.equal(text, answerText('sends', false, { desc, code: 'TASK_EXISTS' }));
    });
  }

  it('BZ-02 other refusals of sends arrive as they are', async () => {
    failure = new BftError('SOURCE_MISSING', 'error, not exist dcp path: /d.');
    const { return_content } = await api.ask('/sends', 'sends', PARAMS.sends);
    assert.deepEqual(return_content, { desc: failure.message, code: 'SOURCE_MISSING' });
  });

  it('BU-10, C-24 uploadprogress of an unknown task is unknown in every field', async () => {
    failure = new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const text = await api.text('/uploadprogress', 'uploadprogress', { taskfile: TASK });
    const unknown = { btstatus: 'unknown', obsstatus: 'unknown', cdnstatus: 'unknown' };
    const ours = { detail: failure.message, code: 'TASK_UNKNOWN' };
    const content = { taskfile: '', status: 'unknown', desc: '', ...unknown, ...ours };
    assert.equal(text, answerText('uploadprogress', false, content));
  });

  it('BU-10 what cannot be read is unknown, too, and says why', async () => {
    failure = new BftError('TASK_FILE_INVALID', 'invalid json format:/t');
    const { return_content } = await api.ask('/uploadprogress', 'uploadprogress', { taskfile: TASK });
    assert.deepEqual([return_content.status, return_content.desc], ['unknown', 'invalid json format:/t']);
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
    const text = await bare.text('/progress', 'progress', { taskfile: TASK });
    const desc = 'do not support cacher type progress, change method_name to cprogress';
    assert.equal(text, answerText('progress', false, { desc, code: 'ROLE_LACKS' }));
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
  let isMade = false;
  before(async () => {
    api = await startApi({
      send: async () => 'restarted same name bt process, succeed!',
      recv: async () => 'same name task downloaded, to download again.',
      cancel: async () => isThere,
      gentask: async () => isMade,
      sends: async () => isMade,
      making: async () => answers.making as { state: 'finished' },
    });
  });
  after(() => api.stop());

  it('BS-05, BR-08 send and recv answer in the words of the role', async () => {
    const sent = await api.text('/send', 'send', { taskfile: '/t' });
    assert.equal(sent, answerText('send', true, { desc: 'restarted same name bt process, succeed!' }));
    const received = await api.text('/recv', 'recv', { taskfile: '/t' });
    assert.equal(received, answerText('recv', true, { desc: 'same name task downloaded, to download again.' }));
  });

  it('BX-06, BX-07, C-13 cancel succeeds, also when there is nothing to cancel', async () => {
    const found = await api.text('/cancel', 'cancel', { taskfile: TASK });
    assert.equal(found, answerText('cancel', true, { desc: 'succeed!' }));
    isThere = false;
    const none = await api.text('/cancel', 'cancel', { taskfile: TASK });
    assert.equal(none, answerText('cancel', true, { desc: `no need to cancel, not found task: ${TASK}` }));
  });

  const XIAOFANG = {
    ...GENTASK,
    dcppath: '/data/dcp/cfec-001/dcps/xiaofang',
    taskfile: `/data/sender/tmp/${TASK}`,
  };
  const MADE: [row: string, method: 'gentask' | 'sends', made: boolean, content: object][] = [
    ['BG-03, C-13', 'gentask', true, { desc: 'succeeded!' }],
    [
      'BG-03, C-27',
      'gentask',
      false,
      {
        desc: `please wait until /data/dcp/cfec-001/dcps/xiaofang.torrent, /data/dcp/cfec-001/dcps-tmp/xiaofang-tmp.torrent and /data/sender/tmp/${TASK} all are finished.`,
      },
    ],
    ['BZ-02, BZ-03', 'sends', true, { desc: 'succeeded!', taskfile: XIAOFANG.taskfile }],
    [
      'BZ-02, BZ-03',
      'sends',
      false,
      {
        desc: 'succeed, but the torrent is generating, please wait until /data/dcp/cfec-001/dcps/xiaofang.torrent is finished.',
        taskfile: XIAOFANG.taskfile,
      },
    ],
  ];
  for (const [row, method, made, content] of MADE) {
    it(`${row} ${method} of what is ${made ? 'made already' : 'being made'} answers ${JSON.stringify(content)}`, async () => {
      isMade = made;
      assert.equal(await api.text(`/${method}`, method, XIAOFANG), answerText(method, true, content));
    });
  }

  const MAKING: [row: string, making: object, content: object][] = [
    ['BQ-03', { state: 'finished' }, { status: 'finished', desc: 'succeed!' }],
    [
      'BQ-04',
      { state: 'making', bytes: 5, total: 9 },
      { status: 'unfinished', desc: 'process making seed ', bytes: 5, total: 9 },
    ],
    ['BQ-05', { state: 'none' }, { status: 'unfinished', desc: 'no make seed process and not found task.json.' }],
    [
      'BQ-06',
      { state: 'incomplete' },
      { status: 'unfinished', desc: ' please wait until dcppath.torrent and taskfile all are finished.' },
    ],
  ];
  for (const [row, making, content] of MAKING) {
    it(`${row}, BQ-01, BQ-02, C-17 taskfilesquery answers ${JSON.stringify(content)}`, async () => {
      answers.making = making;
      const text = await api.text('/taskfilesquery', 'taskfilesquery', { dcppath: '/d', taskfile: '/t' });
      assert.equal(text, answerText('taskfilesquery', true, content));
    });
  }
});
