import assert from 'node:assert/strict';
import { access, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../src/core/units.ts';
import { type Answer, TestFleet, type TestNode } from '../e2e/nodes.ts';
import { atEnd } from './at-end.ts';
import { ObjectServer } from './object-server.ts';
import { StallWatch } from './stall-watch.ts';
import { run, timed } from './program.ts';
import { writeShape, type Shape } from './shapes.ts';

const POLL_MS = 5;
/** A question takes its time from what is measured: over the API it is asked less often. */
const ASK_MS = 50;
/** How many times the package lies on the disk at once. */
const ROOM = 3;

/** A sender, its object storage and receivers on this machine, as real processes, below one temporary directory. Waits as long as it takes. */
export class Site {
  readonly fleet: TestFleet;
  readonly objects: ObjectServer;
  readonly #forget: () => void;
  #receivers = 0;

  private constructor(fleet: TestFleet) {
    this.fleet = fleet;
    this.objects = new ObjectServer(join(fleet.root, 'objects'), fleet.obsPort);
    this.#forget = atEnd(() => this.close());
  }

  /** `more`: configuration of the sender. Everything lies below `directory`. */
  static async open(more: Record<string, unknown> = {}, directory = tmpdir()): Promise<Site> {
    const usual = process.env.TMPDIR;
    process.env.TMPDIR = directory;
    const fleet = await TestFleet.create(more);
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    Object.assign(fleet.sender.config, quiet(fleet.sender.root));
    const site = new Site(fleet);
    await Promise.all([site.objects.start(), fleet.sender.start()]);
    return site;
  }

  /** Writes a package of random bytes at the sender. Throws when there is no room for it, in the bucket and at a receiver too. */
  async write(name: string, shape: Shape, size: number, files: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.fleet.root);
    assert.ok(bavail * bsize > ROOM * size, `${this.fleet.root} has only ${formatBytes(bavail * bsize)} free`);
    await writeShape(this.fleet.packagePath(name), shape, size, files);
  }

  /** The same package under another name; takes no room. */
  async link(from: string, to: string): Promise<void> {
    await run('cp', ['--archive', '--link', this.fleet.packagePath(from), this.fleet.packagePath(to)]);
  }

  /** Seconds from gentask to `finished`. */
  make(name: string, ratio: string, more: Record<string, unknown> = {}): Promise<number> {
    const { fleet } = this;
    const params = { dcppath: fleet.packagePath(name), taskfile: fleet.taskPath(name) };
    return timed(async () => {
      const made = await fleet.gentask(name, { btobscdn: ratio, ...more });
      assert.equal(made.return_status, 'true', JSON.stringify(made));
      await reached(async () => {
        const { return_content: now } = await fleet.sender.call('/taskfilesquery', 'taskfilesquery', params);
        assert.ok(now.code === undefined || now.status !== undefined, JSON.stringify(now));
        return now.status === 'finished';
      }, ASK_MS);
    });
  }

  /** Seconds from send to `ready`. */
  send(name: string): Promise<number> {
    return timed(async () => {
      await this.fleet.sender.ask('/send', 'send', { taskfile: this.fleet.taskPath(name) });
      await reached(async () => {
        const now = await this.fleet.upload(name);
        assert.notEqual(now.status, 'error', JSON.stringify(now));
        return now.status === 'ready';
      }, ASK_MS);
    });
  }

  async publish(name: string, ratio: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.make(name, ratio, more);
    await this.send(name);
  }

  /** A new receiver with nothing in it. */
  receiver(more: Record<string, unknown> = {}): Promise<TestNode> {
    const name = `receiver-${this.#receivers++}`;
    return this.fleet.node(name, 'receiver', { ...quiet(join(this.fleet.root, name)), ...more });
  }

  /** Seconds from recv to the mark `.finished`. `task`: another text of the task file. */
  receive(node: TestNode, name: string, task?: string): Promise<number> {
    return timed(async () => {
      const answer = await this.fleet.recv(node, name, task);
      assert.equal(answer.return_status, 'true', JSON.stringify(answer));
      await this.finished(node, name);
    });
  }

  /** Waits for the mark `.finished`. Throws when the task fails or stands still. */
  async finished(node: TestNode, name: string): Promise<void> {
    const mark = join(node.root, 'dcp', `${name}.finished`);
    const stall = new StallWatch();
    await reached(async () => {
      if (stall.isDue) stall.see(await this.progress(node, name));
      return await isThere(mark);
    });
  }

  async progress(node: TestNode, name: string): Promise<Answer['return_content']> {
    const params = { taskfile: `cfec-001-${name}.task.json` };
    return (await node.call('/progress', 'progress', params)).return_content;
  }

  /** Receives with a new receiver, which is gone afterwards. Seconds as `receive`. */
  async receiveOnce(name: string, more: Record<string, unknown> = {}, task?: string): Promise<number> {
    const node = await this.receiver(more);
    try {
      return await this.receive(node, name, task);
    } finally {
      await this.remove(node);
    }
  }

  async remove(node: TestNode): Promise<void> {
    await node.end();
    await rm(node.root, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    this.#forget();
    await this.objects.stop();
    await this.fleet.close();
  }
}

/** A log in a file costs the bench nothing; a failed try comes again soon. */
const quiet = (root: string) => ({ loglevel: 'info', logfile: join(root, 'bftv2.log'), retryminutes: 0.05 });

export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Asks until it is so. */
export async function reached(probe: () => Promise<boolean>, everyMs = POLL_MS): Promise<void> {
  while (!(await probe())) await delay(everyMs);
}
