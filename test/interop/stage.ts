import assert from 'node:assert/strict';
import { access, chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import type { Place } from './client.ts';
import { ForeignProcesses } from './foreign-process.ts';
import { hasPeers, type Tracker, type TrackerKind } from './trackers.ts';

const MIB = 1024 * 1024;
/** Clients, trackers and our daemons, which use 127.0.0.1, are told apart by their addresses. */
const CLIENT_ADDRESS = '127.0.0.2';
const NAME = '影片 第一部';
const TASK = `cfec-001-${NAME}.task.json`;
/** Sub-folders, Chinese names, blanks, what addresses escape, pieces that end inside of files, an empty file. */
const PACKAGE: Readonly<Record<string, number>> = {
  'pic 1.mxf': 5 * MIB + 17,
  '声音.mxf': 3 * MIB,
  '字幕/第 1 卷/a#1.xml': 70_001,
  '字幕/100%.png': MIB + 4097,
  '字幕/空': 0,
  'ASSETMAP.xml': 1453,
};

interface Methods {
  readonly bt: { readonly sources: Readonly<Record<string, number>> };
}

/** Our sender with a package that is made but not sent, and a tracker that admits it. */
export class Stage {
  readonly #fleet: TestFleet;
  readonly #tracker: Tracker;
  readonly #processes = new ForeignProcesses();
  #receiver: TestNode | undefined;

  static async create(kind: TrackerKind): Promise<Stage> {
    const tracker = await kind.make();
    const stage = new Stage(await TestFleet.create(tracker.config), tracker);
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private constructor(fleet: TestFleet, tracker: Tracker) {
    this.#fleet = fleet;
    this.#tracker = tracker;
  }

  async #start(): Promise<void> {
    const fleet = this.#fleet;
    // A tracker may become another user, who has to read its list.
    await chmod(fleet.root, 0o755);
    await fleet.sender.start();
    await writePackage(fleet.packagePath(NAME), PACKAGE);
    await fleet.make(NAME, '1:0:0');
    await this.#tracker.start(this.#processes, await this.#directory('tracker'), await this.#infoHash());
  }

  /** What our daemons said. */
  get output(): string {
    return `--- our sender\n${this.#fleet.sender.output}\n--- our receiver\n${this.#receiver?.output ?? ''}`;
  }

  send(): Promise<void> {
    return this.#fleet.send(NAME);
  }

  /** The sender serves the package no more; torrent and tracker stay. */
  async withdraw(): Promise<void> {
    await this.#fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
  }

  /** A place for a client, with the torrent that our sender publishes. */
  async place(name: string): Promise<Place> {
    const torrentPath = join(this.#fleet.root, `${name}.torrent`);
    const answer = await fetch(`${this.#fleet.originUrl}/dcp/cfec-001/dcps/${encodeURIComponent(NAME)}.torrent`);
    assert.equal(answer.status, 200);
    await writeFile(torrentPath, new Uint8Array(await answer.arrayBuffer()));
    const [directory, home] = [await this.#directory(`${name}-packages`), await this.#directory(`${name}-home`)];
    return { torrentPath, directory, name: NAME, home, address: CLIENT_ADDRESS, port: await freePort() };
  }

  /** Puts the package there. */
  async fill({ directory, name }: Place): Promise<void> {
    await cp(this.#fleet.packagePath(name), join(directory, name), { recursive: true });
  }

  /** The package is there, byte for byte; the empty files are left out or not. */
  async assertWhole({ directory, name }: Place, emptyFiles: 'there' | 'left out' = 'there'): Promise<void> {
    const empty = Object.keys(PACKAGE).filter(path => PACKAGE[path] === 0);
    if (emptyFiles === 'left out') {
      for (const path of empty) await writeFile(join(directory, name, path), '', { flag: 'wx' });
    }
    await assertSameTree(join(directory, name), this.#fleet.packagePath(name));
  }

  /** Resolves when the tracker knows a peer. */
  async known(): Promise<void> {
    const infoHash = await this.#infoHash();
    const announce = this.#tracker.announce ?? this.#fleet.trackerUrl;
    await until('the tracker knows a peer', () => hasPeers(announce, infoHash));
  }

  /** Our receiver finishes the package, with nothing of it from our sender. */
  async receive(): Promise<void> {
    const receiver = await this.#fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
    this.#receiver = receiver;
    await this.#fleet.recv(receiver, NAME);
    const { methods } = await this.#fleet.downloaded(receiver, NAME);
    const stored = join(receiver.root, 'dcp', NAME);
    await assertSameTree(stored, this.#fleet.packagePath(NAME));
    await access(`${stored}.finished`);
    await this.#assertNotFromSender(methods as Methods);
  }

  async close(): Promise<void> {
    await this.#processes.stop();
    await this.#fleet.close();
  }

  async #assertNotFromSender({ bt }: Methods): Promise<void> {
    const status = await fetch(`http://127.0.0.1:${this.#fleet.sender.apiPort}/api/v1/status`);
    const { btport } = (await status.json()) as { btport: number };
    const sources = Object.keys(bt.sources);
    assert.ok(sources.length > 0 && !sources.includes(`127.0.0.1:${btport}`), JSON.stringify(bt));
  }

  async #directory(name: string): Promise<string> {
    const directory = join(this.#fleet.root, name);
    await mkdir(directory);
    return directory;
  }

  async #infoHash(): Promise<string> {
    const task = JSON.parse(await readFile(this.#fleet.taskPath(NAME), 'utf8')) as { bt: { infohash: string } };
    return task.bt.infohash;
  }
}
