import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TaskFile } from '../../src/task/task-file.ts';
import { Manifest } from '../../src/torrent/manifest.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { FlippingProxy } from './flipping-proxy.ts';
import { LyingPeers } from './lying-peers.ts';

const NAME = 'film';
/** Bytes per second that the sender gives by bt until the liars have had their turns. */
const HONEST_RATE = 32 * 1024;

/** What the API says of one method. */
interface Wasted {
  readonly wasted: number;
  readonly wastedby: Readonly<Record<string, number>>;
}

/** What was planted in what one method sent, and what the receiver says of it. */
export interface Verdict {
  readonly method: 'bt' | 'obs' | 'cdn';
  /** Wrong bytes, each in a piece of its own. */
  readonly planted: number;
  /** Bytes of those pieces. */
  readonly plantedBytes: number;
  /** Who sent them; bt's liars are many. */
  readonly liar: string | undefined;
  readonly said: Wasted;
}

/** A package on its way by three methods, of which each sends wrong bytes. */
export class WrongBytes {
  readonly fleet: TestFleet;
  readonly #proxies: Readonly<Record<'obs' | 'cdn', FlippingProxy>>;

  static async open(): Promise<WrongBytes> {
    const proxies = { obs: new FlippingProxy(), cdn: new FlippingProxy() };
    await Promise.all(Object.values(proxies).map(proxy => proxy.start()));
    const fleet = await TestFleet.create({
      obsendpoint: `http://${proxies.obs.host}`,
      cdnurl: `http://${proxies.cdn.host}`,
      minpiecelength: 16 * 1024,
      loglevel: 'info',
    });
    proxies.obs.upstream = fleet.obsPort;
    proxies.cdn.upstream = Number(new URL(fleet.originUrl).port);
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    return new WrongBytes(fleet, proxies);
  }

  private constructor(fleet: TestFleet, proxies: Readonly<Record<'obs' | 'cdn', FlippingProxy>>) {
    this.fleet = fleet;
    this.#proxies = proxies;
  }

  /** Receives the package with `count` wrong bytes per method. The package must be at the sender. */
  async receive(receiver: TestNode, count: number): Promise<Verdict[]> {
    const { fleet } = this;
    await fleet.publish(NAME, '1:1:1');
    await this.#limitSeed(HONEST_RATE);
    const task = JSON.parse(await readFile(fleet.taskPath(NAME), 'utf8')) as TaskFile;
    const root = fleet.packagePath(NAME);
    const full = parseTorrent(await readFile(`${root}.torrent`), NAME);
    const tmpPath = join(dirname(dirname(root)), 'dcps-tmp', `${NAME}-tmp.torrent`);
    const tmp = parseTorrent(await readFile(tmpPath), NAME);
    const manifest = new Manifest(task.filelist, full);
    const obs = plant(this.#proxies.obs, manifest, task.obslist, count);
    const cdn = plant(this.#proxies.cdn, manifest, task.cdnlist, count);
    const liars = await LyingPeers.open(tmp, root);
    try {
      await fleet.recv(receiver, NAME);
      await this.#lie(receiver, liars, count);
      await this.#limitSeed(0);
      const { methods } = await fleet.downloaded(receiver, NAME);
      const said = methods as Record<Verdict['method'], Wasted>;
      const http = (method: 'obs' | 'cdn', plantedBytes: number): Verdict => {
        const { host: liar, spoiled: planted } = this.#proxies[method];
        return { method, planted, plantedBytes, liar, said: said[method] };
      };
      const { spoiled: planted, spoiledBytes: plantedBytes } = liars;
      return [
        { method: 'bt', planted, plantedBytes, liar: undefined, said: said.bt },
        http('obs', obs),
        http('cdn', cdn),
      ];
    } finally {
      await liars.close();
    }
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await Promise.all(Object.values(this.#proxies).map(proxy => proxy.stop()));
  }

  async #lie(receiver: TestNode, liars: LyingPeers, count: number): Promise<void> {
    const port = await until('the engine listens', async () => {
      const status = await fetch(`http://127.0.0.1:${receiver.apiPort}/api/v1/status`);
      return ((await status.json()) as { btport: number }).btport || undefined;
    });
    await until('the torrent is there', async () => {
      const { torrents } = (await (await fetch(`http://127.0.0.1:${receiver.apiPort}/api/v1/torrents`)).json()) as {
        torrents: unknown[];
      };
      return torrents.length > 0;
    });
    while (liars.spoiled < count) await liars.next(port);
  }

  /** Bytes per second; 0: no limit. */
  async #limitSeed(taskuplimit: number): Promise<void> {
    const { sender } = this.fleet;
    await writeFile(join(sender.root, 'config.json'), JSON.stringify({ ...sender.config, taskuplimit }));
    await (await fetch(`http://127.0.0.1:${sender.apiPort}/reloadconf`)).text();
  }
}

/** Plants a byte in each of `count` units, spread over the files. Gives the bytes of those units. */
function plant(proxy: FlippingProxy, manifest: Manifest, files: readonly string[], count: number): number {
  const units = files.flatMap(file => manifest.units(file)).filter(({ sha1 }) => sha1 !== undefined);
  if (units.length < count) throw new Error(`only ${units.length} units for ${count} wrong bytes`);
  const chosen = Array.from({ length: count }, (_, index) => units[Math.floor((index * units.length) / count)]!);
  for (const [index, { file, offset, length }] of chosen.entries()) {
    proxy.plant(`${NAME}/${file}`, offset + ((index * 7919) % length));
  }
  return chosen.reduce((sum, { length }) => sum + length, 0);
}
