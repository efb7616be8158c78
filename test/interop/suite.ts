import assert from 'node:assert/strict';
import { access, chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import type { Client, Place } from './client.ts';
import { type ForeignProcess, ForeignProcesses } from './foreign-process.ts';
import { measureVersion, passed } from './results.ts';
import { hasPeers, type Tracker, TRACKERS, type TrackerKind } from './trackers.ts';

const MIB = 1024 * 1024;
/** Clients, trackers and our daemons, which use 127.0.0.1, are told apart by their addresses. */
const CLIENT_ADDRESS = '127.0.0.2';
const NAME = '影片 第一部';
/** Sub-folders, Chinese names, blanks, what addresses escape, pieces that end inside of files, an empty file. */
const PACKAGE: Readonly<Record<string, number>> = {
  'pic 1.mxf': 5 * MIB + 17,
  '声音.mxf': 3 * MIB,
  '字幕/第 1 卷/a#1.xml': 70_001,
  '字幕/100%.png': MIB + 4097,
  '字幕/空': 0,
  'ASSETMAP.xml': 1453,
};
const EMPTY_FILES = Object.keys(PACKAGE).filter(path => PACKAGE[path] === 0);

interface Methods {
  readonly bt: { readonly sources: Readonly<Record<string, number>> };
}

/** What every foreign client has to do with our daemons, at every tracker that it can use. */
export function clientSuite(client: Client): void {
  describe(client.name, () => {
    before(() => measureVersion(client));
    for (const tracker of TRACKERS.filter(({ protocol }) => client.protocols.includes(protocol)))
      atTracker(client, tracker);
  });
}

function atTracker(client: Client, kind: TrackerKind): void {
  describe(`by ${kind.name}`, function () {
    this.timeout(150_000);
    const trackers = new ForeignProcesses();
    const clients = new ForeignProcesses();
    let fleet: TestFleet;
    let tracker: Tracker;
    let receiver: TestNode | undefined;

    before(async () => {
      tracker = await kind.make();
      fleet = await TestFleet.create(tracker.config);
      await chmod(fleet.root, 0o755);
      await fleet.sender.start();
      await writePackage(fleet.packagePath(NAME), PACKAGE);
      await fleet.make(NAME, '1:0:0');
      await tracker.start(trackers, await scratch('tracker'), await infoHash());
    });
    afterEach(async function () {
      const said = await clients.stop();
      if (this.currentTest?.state !== 'failed') return;
      console.error(`${said}\n--- our sender\n${fleet.sender.output}\n--- our receiver\n${receiver?.output}`);
    });
    after(async () => {
      await trackers.stop();
      await fleet.close();
    });

    async function scratch(name: string): Promise<string> {
      const directory = join(fleet.root, name);
      await mkdir(directory, { recursive: true });
      return directory;
    }

    async function infoHash(): Promise<string> {
      const task = JSON.parse(await readFile(fleet.taskPath(NAME), 'utf8')) as { bt: { infohash: string } };
      return task.bt.infohash;
    }

    async function place(name: string): Promise<Place> {
      const directory = await scratch(`${name}-packages`);
      const torrentPath = join(fleet.root, `${name}.torrent`);
      const answer = await fetch(`${fleet.originUrl}/dcp/cfec-001/dcps/${encodeURIComponent(NAME)}.torrent`);
      assert.equal(answer.status, 200);
      await writeFile(torrentPath, new Uint8Array(await answer.arrayBuffer()));
      const home = await scratch(`${name}-home`);
      return { torrentPath, directory, name: NAME, home, address: CLIENT_ADDRESS, port: await freePort() };
    }

    /** Starts the fetching client and the sender; resolves with the client. */
    async function startFetching(at: Place): Promise<ForeignProcess> {
      const command = await client.fetch(at, kind.protocol);
      if (!client.onlyIsDialled) await fleet.send(NAME);
      const fetching = clients.start(command);
      if (!client.onlyIsDialled) return fetching;
      const known = await infoHash();
      await until('the tracker knows the client', () => hasPeers(tracker.announce ?? fleet.trackerUrl, known));
      await fleet.send(NAME);
      return fetching;
    }

    it('fetches a whole package from our sender, byte for byte (BV-003, T-010)', async () => {
      const at = await place('fetched');
      const fetching = await startFetching(at);
      if (client.completeText) await fetching.says(client.completeText);
      else await fetching.ended();
      await fetching.stop();
      await assertFetched(join(at.directory, NAME));
      passed(client, 'fetches', kind.name);
    });

    async function assertFetched(fetched: string): Promise<void> {
      if (client.skipsEmptyFiles) {
        for (const path of EMPTY_FILES) await writeFile(join(fetched, path), '', { flag: 'wx' });
      }
      await assertSameTree(fetched, fleet.packagePath(NAME));
    }

    it('is the only one that has a package, which our receiver finishes (T-010, BR-45)', async () => {
      await fleet.sender.ask('/cancel', 'cancel', { taskfile: `cfec-001-${NAME}.task.json` });
      const at = await place('seeded');
      await cp(fleet.packagePath(NAME), join(at.directory, NAME), { recursive: true });
      clients.start(await client.seed(at, kind.protocol));
      receiver = await fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
      await fleet.recv(receiver, NAME);
      const { methods } = await fleet.downloaded(receiver, NAME);
      const stored = join(receiver.root, 'dcp', NAME);
      await assertSameTree(stored, fleet.packagePath(NAME));
      await access(`${stored}.finished`);
      await assertNotFromSender(methods as Methods);
      passed(client, 'seeds', kind.name);
    });

    async function assertNotFromSender({ bt }: Methods): Promise<void> {
      const status = await fetch(`http://127.0.0.1:${fleet.sender.apiPort}/api/v1/status`);
      const { btport } = (await status.json()) as { btport: number };
      const sources = Object.keys(bt.sources);
      assert.ok(sources.length > 0 && !sources.includes(`127.0.0.1:${btport}`), sources.join());
    }
  });
}
