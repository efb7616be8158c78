import assert from 'node:assert/strict';
import type { ShareView, UploadView } from '../../src/api/node.ts';
import { BftError } from '../../src/core/errors.ts';
import type { Method } from '../../src/core/method.ts';
import { answerText, type Api, startApi, TASK } from './harness.ts';

const PATH = `/data/sender/uploaded/${TASK}`;
const available: ShareView = { state: 'available' };
const unavailable: ShareView = { state: 'unavailable', reason: 'not seeding' };
const uploading = (bytes: number, total: number): ShareView => ({ state: 'uploading', bytes, total });
const all = { bt: available, obs: available, cdn: available };

describe('api: uploadprogress', () => {
  let api: Api;
  let view: UploadView;
  before(async () => {
    api = await startApi({ uploadProgress: async () => view });
  });
  after(() => api.stop());

  const ask = async (changes: Partial<UploadView>) => {
    view = { path: PATH, state: 'uploaded', error: undefined, isPaused: false, methods: all, ...changes };
    const { return_status, return_content } = await api.ask('/uploadprogress', 'uploadprogress', { taskfile: TASK });
    assert.equal(return_status, 'true');
    return return_content;
  };

  it('BU-02, C-03 has the fields of the real outputs in their order', async () => {
    await ask({});
    const real = {
      taskfile: PATH,
      status: 'ready',
      desc: '',
      btstatus: 'seeding',
      obsstatus: 'completed',
      cdnstatus: 'available',
    };
    const text = await api.text('/uploadprogress', 'uploadprogress', { taskfile: TASK });
    assert.equal(text, answerText('uploadprogress', true, { ...real, detail: '', code: '' }));
  });

  it('BU-01 takes the bare name, no path', async () => {
    const { return_content } = await api.ask('/uploadprogress', 'uploadprogress', { taskfile: PATH });
    assert.equal(return_content.code, 'NAME_UNSAFE');
  });

  const READY: [name: string, methods: UploadView['methods'], status: string][] = [
    ['all three', all, 'ready'],
    ['methods without a share do not block', { cdn: available }, 'ready'],
    ['no method at all', {}, 'ready'],
    ['bt does not seed', { ...all, bt: unavailable }, 'uploaded'],
    ['obs still uploads', { ...all, obs: uploading(1, 2) }, 'uploaded'],
    ['cdn cannot be reached', { ...all, cdn: unavailable }, 'uploaded'],
  ];
  for (const [name, methods, status] of READY) {
    it(`BU-04, C-50 ${name}: ${status}`, async () => assert.equal((await ask({ methods })).status, status));
  }

  const STATES: [UploadView['state'], string][] = [
    ['queues', 'queues'],
    ['uploading', 'uploading'],
    ['error', 'error'],
    ['history', 'finished'],
  ];
  for (const [state, status] of STATES) {
    it(`BU-03, BU-05, C-23 in ${state} the status is ${status}, whatever the methods do`, async () => {
      assert.equal((await ask({ state })).status, status);
      assert.equal((await ask({ state, methods: { bt: unavailable } })).status, status);
    });
  }

  const FAILED: [method: Method | undefined, methods: UploadView['methods'], desc: string][] = [
    ['bt', all, 'bt errors'],
    ['obs', all, 'bt obs errors'],
    ['cdn', all, 'cdn errors'],
    [undefined, all, 'bt obs errors'],
    [undefined, { bt: available, cdn: available }, 'bt errors'],
    [undefined, {}, 'bt errors'],
  ];
  it('of a paused task the status is that of its directory; detail says that it is paused', async () => {
    const shares = { bt: { state: 'unavailable', reason: 'it is paused' } } as const;
    const { status, desc, detail, code } = await ask({ isPaused: true, methods: shares });
    assert.deepEqual([status, desc, detail, code], ['uploaded', '', 'paused by an operator', 'TASK_PAUSED']);
  });

  for (const [method, methods, desc] of FAILED) {
    const where = method ?? `no single method, with shares of ${Object.keys(methods).join(', ') || 'nothing'}`;
    it(`BU-06 a failure of ${where} is ${JSON.stringify(desc)}; in full it stands in detail`, async () => {
      const error = new BftError('SOURCE_REFUSES', 'the bucket says no');
      error.method = method;
      const content = await ask({ state: 'error', error, methods });
      assert.deepEqual(
        [content.status, content.desc, content.detail, content.code],
        ['error', desc, 'the bucket says no', 'SOURCE_REFUSES'],
      );
    });
  }

  it('BU-07 btstatus', async () => {
    assert.equal((await ask({ methods: { bt: unavailable } })).btstatus, 'noseeding');
    assert.equal((await ask({ methods: {} })).btstatus, 'noseeding');
  });

  const OBS: [share: ShareView | undefined, text: string][] = [
    [uploading(66, 100), 'uncompleted 66%'],
    [uploading(999, 1000), 'uncompleted 99%'],
    [uploading(0, 0), 'uncompleted 0%'],
    [uploading(0, 100), 'uncompleted 0%'],
    [unavailable, 'uncompleted 0%'],
    [available, 'completed'],
    [undefined, 'completed'],
  ];
  for (const [share, text] of OBS) {
    it(`BU-08 obsstatus ${JSON.stringify(share)} is ${text}`, async () => {
      assert.equal((await ask({ methods: share ? { obs: share } : {} })).obsstatus, text);
    });
  }

  it('BU-09 cdnstatus', async () => {
    assert.equal((await ask({ methods: { cdn: unavailable } })).cdnstatus, 'unavailable');
    assert.equal((await ask({ methods: {} })).cdnstatus, 'available');
  });
});
