import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { validator } from '../../src/core/validate.ts';
import { configSchema } from '../../src/config/schema.ts';
import { deliver, fillCacher } from '../../src/demo/deliver.ts';
import { NodePlace, nodeConfig, type Role, senderConfig } from '../../src/demo/node/config.ts';
import type { SentPackage } from '../../src/demo/package.ts';
import { makeTask, send } from '../../src/demo/publish.ts';
import type { View } from '../../src/demo/view/view.ts';
import { never, scratchDirectory } from './scratch.ts';
import { type Script, ScriptedNode } from './scripted-node.ts';

const TASK = 'cfec-001-Film.task.json';
const OK = [true, { desc: 'succeed!' }] as const;
const silent: View = { stage() {}, progress() {}, close() {} };
const flow = (bytes: number, total: number) => ({ state: 'running', bytes, total, rate: 0, sources: {}, trouble: '' });

describe('demo exchange with nodes', () => {
  const at = scratchDirectory();
  const started: ScriptedNode[] = [];
  const start = async (name: string, script: Script) => {
    const scripted = await ScriptedNode.start(name, at(name), script);
    started.push(scripted);
    return scripted;
  };
  const methods = (scripted: ScriptedNode) => scripted.orders.map(({ method }) => method);
  const taskFile = async () => {
    await writeFile(at(TASK), '{"name":"Film"}');
    return at(TASK);
  };

  afterEach(() => {
    for (const scripted of started.splice(0)) scripted.stop();
  });

  describe('making a task', () => {
    const sent: SentPackage = {
      name: 'Film',
      path: '/dcp/Film',
      original: '/dcp/Film',
      source: 'synthetic',
      files: [],
      bytes: 0,
      emptyDirectories: [],
    };
    const publication = { sent, ratio: { bt: 2, obs: 1, cdn: 1 }, tracker: 'http://127.0.0.1:9/announce' };

    it('orders it and waits until it is finished', async () => {
      const unfinished = [true, { status: 'unfinished', desc: 'process making seed ' }] as const;
      const sender = await start('sender', {
        gentask: [OK],
        taskfilesquery: [unfinished, [true, { status: 'finished', desc: 'succeed!' }]],
      });
      const made = await makeTask(sender.node, publication, never);
      assert.equal(made, at('sender/sending/tmp', TASK));
      assert.deepEqual(methods(sender), ['gentask', 'taskfilesquery', 'taskfilesquery']);
      assert.deepEqual(sender.orders[0]?.params, {
        dcppath: '/dcp/Film',
        taskfile: made,
        basesubdir: 'cfec-001',
        btobscdn: '2:1:1',
        policy: 'fulltime',
        tracker: 'http://127.0.0.1:9/announce',
        seedtime: '72',
      });
      assert.deepEqual(sender.orders[1]?.params, { dcppath: '/dcp/Film', taskfile: made });
    });

    it('tells a refusal, with the log', async () => {
      const sender = await start('sender', { gentask: [[false, { desc: 'error, not exist dcp path: x.' }]] });
      await assert.rejects(
        makeTask(sender.node, publication, never),
        /^DemoFailure: sender refuses gentask: error, not exist dcp path: x\.\n {4}the last line of its log$/,
      );
    });
  });

  describe('sending', () => {
    it('waits until it is ready, and says where the task file is then', async () => {
      const sender = await start('sender', {
        send: [OK],
        uploadprogress: [
          [false, { status: 'unknown', desc: 'unknown task, not found task.', taskfile: '' }],
          [true, { status: 'uploading', desc: '', obsstatus: 'uncompleted 66%', taskfile: '/uploading/t' }],
          [true, { status: 'ready', desc: '', obsstatus: 'completed', taskfile: '/uploaded/t' }],
        ],
      });
      const lines: string[] = [];
      const view = { ...silent, progress: (_: readonly string[], sentence: string) => void lines.push(sentence) };
      assert.equal(await send(sender.node, `/tmp/${TASK}`, view, never), '/uploaded/t');
      assert.deepEqual(sender.orders[0], { method: 'send', params: { taskfile: `/tmp/${TASK}`, reactive: 'true' } });
      assert.deepEqual(sender.orders[1]?.params, { taskfile: TASK });
      assert.ok(lines.includes('obs uncompleted 66%'));
    });

    it('ends when the upload failed', async () => {
      const failed = [true, { status: 'error', desc: 'bt obs errors', taskfile: '' }] as const;
      const sender = await start('sender', { send: [OK], uploadprogress: [failed] });
      await assert.rejects(send(sender.node, TASK, silent, never), /could not send: bt obs errors\n.*its log/);
    });
  });

  describe('filling the cacher', () => {
    it('hands it a copy of the task file and waits for the whole bt share', async () => {
      const cacher = await start('cacher', {
        recv: [OK],
        cprogress: [
          [false, { desc: 'unknown task, not found task.' }],
          [true, { status: 'seeding', desc: '', methods: { bt: flow(0, 0) } }],
          [true, { status: 'seeding', desc: '', methods: { bt: flow(5, 10) } }],
          [true, { status: 'seeding', desc: '', methods: { bt: flow(10, 10) } }],
        ],
      });
      await fillCacher(cacher.node, await taskFile(), silent, never);
      const copy = at('cacher/receiving/tmp', TASK);
      assert.equal(readFileSync(copy, 'utf8'), '{"name":"Film"}');
      assert.deepEqual(cacher.orders[0], { method: 'recv', params: { taskfile: copy, reactive: 'false' } });
      assert.equal(cacher.orders.length, 5);
    });

    it('ends when the cacher cannot', async () => {
      const cacher = await start('cacher', {
        recv: [OK],
        cprogress: [[true, { status: 'noseeding error', desc: 'x' }]],
      });
      await assert.rejects(fillCacher(cacher.node, await taskFile(), silent, never), /cacher: noseeding error: x\n/);
    });
  });

  describe('delivering', () => {
    const running = (bytes: number) => ({ bt: flow(bytes, 8), obs: flow(bytes / 2, 4), cdn: flow(bytes / 2, 4) });
    const script: Script = {
      recv: [OK],
      progress: [
        [false, { status: 'queues', desc: 'task in queues, no progress now.' }],
        [true, { status: 'downloading', downerror: '', methods: running(4) }],
        [true, { status: 'downloaded', downerror: '', methods: running(8) }],
      ],
    };

    it('waits for all receivers and adds up what they got', async () => {
      const receivers = await Promise.all(['receiver-1', 'receiver-2'].map(name => start(name, script)));
      const nodes = receivers.map(({ node }) => node);
      const { meter, seconds } = await deliver(nodes, await taskFile(), silent, never);
      const { bt, obs, cdn } = meter.results();
      assert.deepEqual([bt.bytes, obs.bytes, cdn.bytes], [16, 8, 8]);
      assert.deepEqual([...seconds.keys()].toSorted(), ['receiver-1', 'receiver-2']);
      for (const receiver of receivers)
        assert.deepEqual(methods(receiver), ['recv', ...Array<string>(3).fill('progress')]);
    });

    it('takes a task in history for a finished one', async () => {
      const { node } = await start('receiver-1', {
        ...script,
        progress: [[true, { status: 'history', methods: running(8) }]],
      });
      assert.equal((await deliver([node], await taskFile(), silent, never)).meter.results().bt.bytes, 8);
    });

    it('ends for all when one receiver cannot, with its words and its log', async () => {
      const error = [true, { status: 'downloaderror', downerror: 'the disk is full', methods: running(1) }] as const;
      const broken = await start('receiver-1', { ...script, progress: [error] });
      const waiting = [[true, { status: 'downloading', downerror: '', methods: running(1) }]] as const;
      const other = await start('receiver-2', { ...script, progress: waiting });
      await assert.rejects(
        deliver([other.node, broken.node], await taskFile(), silent, never),
        /^DemoFailure: receiver-1: downloaderror: the disk is full\n {4}the last line of its log$/,
      );
    });

    it('ends when a receiver refuses the task', async () => {
      const { node } = await start('receiver-1', { recv: [[false, { desc: 'could not download torrent from x' }]] });
      await assert.rejects(
        deliver([node], await taskFile(), silent, never),
        /receiver-1 refuses recv: could not download torrent from x/,
      );
    });
  });
});

describe('demo configuration', () => {
  const check = validator(configSchema);
  const bucket = { name: 'cfec-001', accessKey: 'A', secretKey: 'S', endpoint: 'http://127.0.0.1:3' };

  for (const role of ['sender', 'cacher', 'receiver'] satisfies Role[]) {
    it(`of a ${role} is one that a daemon takes`, () => {
      const extra = role === 'sender' ? senderConfig({ origin: 1, tracker: 2 }, bucket) : {};
      const result = check({ ...nodeConfig(role, new NodePlace('/r/n'), { api: 4, console: 5 }), ...extra });
      assert.deepEqual(result.problems, []);
    });
  }

  it('keeps everything below its place, and on loopback', () => {
    const config = {
      ...nodeConfig('sender', new NodePlace('/r/n'), { api: 4, console: 5 }),
      ...senderConfig({ origin: 1, tracker: 2 }, bucket),
    };
    for (const [key, value] of Object.entries(config)) {
      if (typeof value !== 'string') continue;
      if (value.startsWith('/')) assert.ok(value.startsWith('/r/n/'), key);
      if (/:\d+/.test(value)) assert.match(value, /^(http:\/\/)?127\.0\.0\.1:\d/, key);
    }
  });
});
