import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../src/demo/process/free-ports.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const OBS_SERVER = new URL('../../src/devserver/main.ts', import.meta.url).pathname;
const POLL_MS = 50;
const PATIENCE_MS = 60_000;

export interface Answer {
  readonly return_status: 'true' | 'false';
  readonly return_content: Readonly<Record<string, unknown>> & { readonly desc?: string; readonly code?: string };
}

/** Polls until `probe` gives something; fails with the last state after a minute. */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    assert.ok(performance.now() < end, `waited in vain for: ${what}`);
    await delay(POLL_MS);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** One daemon as a process of its own, with everything it owns below one directory. */
export class TestNode {
  readonly root: string;
  readonly config: Record<string, unknown>;
  readonly apiPort: number;
  output = '';
  #process: ChildProcess | undefined;

  constructor(root: string, apiPort: number, config: Record<string, unknown>) {
    this.root = root;
    this.apiPort = apiPort;
    const paths = {
      basedatapath: join(root, 'dcp'),
      senderpath: join(root, 'sender'),
      receiverpath: join(root, 'receiver'),
      transferpath: join(root, 'transfer'),
      statepath: join(root, 'state'),
      hashtable: join(root, 'hashtable.txt'),
    };
    this.config = {
      ...paths,
      basesubdir: 'cfec-001',
      apilisten: `127.0.0.1:${apiPort}`,
      consolelisten: '',
      btport: 0,
      loglevel: 'debug',
      takeoverminutes: 0,
      ...config,
    };
  }

  /** Writes the configuration; resolves with its path. */
  async configure(): Promise<string> {
    await mkdir(this.root, { recursive: true });
    const path = join(this.root, 'config.json');
    await writeFile(path, JSON.stringify(this.config));
    return path;
  }

  async start(): Promise<void> {
    const path = await this.configure();
    this.#process = spawn(process.execPath, [MAIN, '--config', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', chunk => (this.output += String(chunk)));
    await until(`${this.root} is up`, async () => {
      assert.equal(this.#process?.exitCode, null, this.output);
      return await fetch(`http://127.0.0.1:${this.apiPort}/heartbeat`).then(
        answer => answer.ok,
        () => false,
      );
    });
  }

  /** Ends the daemon; resolves with its exit code, or null after SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async call(path: string, method: string, params: Record<string, unknown>): Promise<Answer> {
    const body = JSON.stringify({
      message_id: '1',
      message_type: 'request',
      message_source: 'tms',
      method_name: method,
      method_params: params,
    });
    // A connection that is kept may be closed by the node just when it is used again.
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const answer = await fetch(`http://127.0.0.1:${this.apiPort}${path}`, { method: 'POST', headers, body });
    return (await answer.json()) as Answer;
  }

  /** Content of an answer that must be a success. */
  async ask(path: string, method: string, params: Record<string, unknown>): Promise<Answer['return_content']> {
    const answer = await this.call(path, method, params);
    assert.equal(answer.return_status, 'true', JSON.stringify(answer));
    return answer.return_content;
  }
}

export type NodeMaker = (root: string, apiPort: number, config: Record<string, unknown>) => TestNode;
const processNode: NodeMaker = (root, apiPort, config) => new TestNode(root, apiPort, config);

/** Sender, cacher and receivers on this machine, with an object store; everything goes with `close`. */
export class TestFleet {
  readonly root: string;
  readonly obsPort: number;
  readonly sender: TestNode;
  readonly originUrl: string;
  readonly trackerUrl: string;
  readonly #make: NodeMaker;
  readonly #nodes: TestNode[] = [];
  #obs: ChildProcess | undefined;

  private constructor(
    root: string,
    ports: { api: number; origin: number; tracker: number; obs: number },
    more: Record<string, unknown>,
    make: NodeMaker,
  ) {
    this.root = root;
    this.#make = make;
    this.obsPort = ports.obs;
    this.originUrl = `http://127.0.0.1:${ports.origin}`;
    this.trackerUrl = `http://127.0.0.1:${ports.tracker}/announce`;
    this.sender = this.#add(
      make(join(root, 'sender'), ports.api, {
        servertype: 'sender',
        senderdomain: this.originUrl,
        cdnurl: this.originUrl,
        originlisten: `127.0.0.1:${ports.origin}`,
        trackerlisten: `127.0.0.1:${ports.tracker}`,
        tracker: this.trackerUrl,
        obsurl: 'obs://cfec-001',
        obsak: 'TESTKEY',
        obssk: 'TESTSECRET',
        obsendpoint: `http://127.0.0.1:${ports.obs}`,
        obsurlstyle: 'path',
        ...more,
      }),
    );
  }

  static async create(more: Record<string, unknown> = {}, make: NodeMaker = processNode): Promise<TestFleet> {
    const root = await mkdtemp(join(tmpdir(), 'bftv2-e2e-'));
    const [api, origin, tracker, obs] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    return new TestFleet(root, { api, origin, tracker, obs }, more, make);
  }

  async startObs(): Promise<void> {
    const options = [
      '--root',
      join(this.root, 'obs'),
      '--listen',
      `127.0.0.1:${this.obsPort}`,
      '--key',
      'TESTKEY:TESTSECRET',
      '--bucket',
      'cfec-001',
    ];
    this.#obs = spawn(process.execPath, [OBS_SERVER, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(this.#obs.stdout);
    await once(this.#obs.stdout, 'data');
  }

  async node(name: string, servertype: 'receiver' | 'cacher', more: Record<string, unknown> = {}): Promise<TestNode> {
    const node = this.#add(this.#make(join(this.root, name), await freePort(), { servertype, ...more }));
    await node.start();
    return node;
  }

  packagePath(name: string): string {
    return join(this.root, 'sender', 'dcp', 'cfec-001', 'dcps', name);
  }

  taskPath(name: string): string {
    return join(this.root, 'sender', 'sender', 'tmp', `cfec-001-${name}.task.json`);
  }

  /** One gentask, with the usual parameters unless others are given. */
  gentask(name: string, more: Record<string, unknown> = {}): Promise<Answer> {
    const paths = { dcppath: this.packagePath(name), taskfile: this.taskPath(name) };
    return this.sender.call('/gentask', 'gentask', {
      ...paths,
      basesubdir: 'cfec-001',
      btobscdn: '1:1:1',
      policy: 'fulltime',
      ...more,
    });
  }

  /** gentask, and waits until the task is made. */
  async make(name: string, ratio: string, more: Record<string, unknown> = {}): Promise<void> {
    const params = { dcppath: this.packagePath(name), taskfile: this.taskPath(name) };
    const made = await this.gentask(name, { btobscdn: ratio, ...more });
    assert.equal(made.return_status, 'true', JSON.stringify(made));
    await until(
      `${name} is made`,
      async () => (await this.sender.ask('/taskfilesquery', 'taskfilesquery', params)).status === 'finished',
    );
  }

  /** Makes and sends a package, and waits until it may be received. */
  async publish(name: string, ratio: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.make(name, ratio, more);
    await this.send(name);
  }

  /** Sends a task that was made, and waits until it may be received. */
  async send(name: string): Promise<void> {
    await this.sender.ask('/send', 'send', { taskfile: this.taskPath(name) });
    await until(`${name} is ready`, async () => (await this.upload(name)).status === 'ready');
  }

  upload(name: string): Promise<Answer['return_content']> {
    return this.sender.ask('/uploadprogress', 'uploadprogress', { taskfile: `cfec-001-${name}.task.json` });
  }

  async recv(node: TestNode, name: string, task?: string): Promise<Answer> {
    const path = join(node.root, `cfec-001-${name}.task.json`);
    await writeFile(path, task ?? (await readFile(this.taskPath(name), 'utf8')));
    return await node.call('/recv', 'recv', { taskfile: path, reactive: 'false' });
  }

  /** Of a task that has left the queue: waiting in queues is told as a refusal. */
  async progress(node: TestNode, name: string): Promise<Answer['return_content']> {
    const answer = await until(`${name} leaves the queue`, async () => {
      const now = await node.call('/progress', 'progress', { taskfile: `cfec-001-${name}.task.json` });
      return now.return_content.code !== 'TASK_WAITS' && now;
    });
    assert.equal(answer.return_status, 'true', JSON.stringify(answer));
    return answer.return_content;
  }

  async downloaded(node: TestNode, name: string): Promise<Answer['return_content']> {
    return await until(`${name} is downloaded`, async () => {
      const answer = await node.call('/progress', 'progress', { taskfile: `cfec-001-${name}.task.json` });
      return answer.return_content.status === 'downloaded' && answer.return_content;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map(node => node.end('SIGKILL')));
    if (this.#obs && this.#obs.exitCode === null) {
      this.#obs.kill('SIGKILL');
      await once(this.#obs, 'exit');
    }
    await rm(this.root, { recursive: true, force: true });
  }

  #add(node: TestNode): TestNode {
    this.#nodes.push(node);
    return node;
  }
}
