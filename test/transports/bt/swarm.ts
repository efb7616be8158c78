import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Server from 'bittorrent-tracker/server';
import { silentLog } from '../../../src/core/log.ts';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';
import { BtEngine } from '../../../src/transports/bt/engine.ts';
import type { EngineOptions, EngineTorrent, TorrentStats } from '../../../src/transports/bt/protocol.ts';
import { filesBelow, makeTorrent, sha1, type TestTorrent } from './make-torrent.ts';

/** Engines, a tracker and a directory for tests; `dispose` ends and removes them all, `clear` keeps the engines for the next test. */
export class Swarm {
  readonly directory: string;
  readonly announce: string;
  readonly #tracker: Server;
  readonly #engines: BtEngine[] = [];
  readonly #idle: BtEngine[] = [];
  readonly #torrents: TestTorrent[] = [];
  #directories = 0;

  static async make(): Promise<Swarm> {
    const directory = await mkdtemp(join(tmpdir(), 'bft2-bt-'));
    const tracker = new Server({
      http: true,
      udp: false,
      ws: false,
      stats: false,
      trustProxy: false,
      interval: 60_000,
    });
    tracker.http.listen(0, '127.0.0.1');
    await once(tracker.http, 'listening');
    return new Swarm(directory, tracker);
  }

  private constructor(directory: string, tracker: Server) {
    const { port } = tracker.http.address() as AddressInfo;
    this.directory = directory;
    this.announce = `http://127.0.0.1:${port}/announce`;
    this.#tracker = tracker;
  }

  /** A torrent of random bytes at this swarm's tracker, or at the given ones. */
  async torrent(
    sizes: Readonly<Record<string, number>>,
    {
      pieceLength = 64 * 1024,
      announce = [this.announce],
      zeros,
    }: { pieceLength?: number; announce?: readonly string[]; zeros?: readonly [number, number] } = {},
  ): Promise<TestTorrent> {
    const directory = this.#newDirectory('made');
    await mkdir(directory);
    const torrent = await makeTorrent({
      directory,
      name: '影片: 第一部?',
      pieceLength,
      announce,
      sizes,
      ...(zeros ? { zeros } : {}),
    });
    this.#torrents.push(torrent);
    return torrent;
  }

  async engine(options?: Partial<EngineOptions>): Promise<BtEngine> {
    const idle = options ? undefined : this.#idle.pop();
    if (idle) return idle;
    const engine = new BtEngine({ log: silentLog }, { port: 0, restartDelayMs: 50, ...options });
    this.#engines.push(engine);
    await engine.start();
    return engine;
  }

  /** An engine that serves the torrent from where it was made. */
  async seed(torrent: TestTorrent): Promise<BtEngine> {
    const engine = await this.engine();
    await engine.add(seeding(torrent));
    return engine;
  }

  /** A download of the torrent by a new engine, or the given one, into a directory of its own. Not started yet. */
  async download(torrent: TestTorrent, engine?: BtEngine): Promise<Download> {
    return new Download(engine ?? (await this.engine()), torrent, this.#newDirectory('received'));
  }

  /** Makes every engine as good as new. */
  async clear(): Promise<void> {
    for (const engine of this.#engines) {
      for (const event of ['written', 'durable', 'failed', 'warning', 'restarted'] as const)
        engine.removeAllListeners(event);
      engine.setLimits(null, null);
      await Promise.all(this.#torrents.map(({ infoHash }) => engine.remove(infoHash)));
    }
    this.#torrents.length = 0;
    this.#idle.splice(0, Infinity, ...this.#engines);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#engines.map(engine => engine.stop()));
    this.#tracker.http.closeAllConnections();
    await new Promise<void>(resolve => this.#tracker.close(resolve));
    await rm(this.directory, { recursive: true, force: true });
  }

  #newDirectory(what: string): string {
    return join(this.directory, `${what}-${this.#directories++}`);
  }
}

export class Download {
  readonly engine: BtEngine;
  readonly files: string[];
  readonly #torrent: TestTorrent;

  constructor(engine: BtEngine, torrent: TestTorrent, root: string) {
    this.engine = engine;
    this.#torrent = torrent;
    this.files = filesBelow(root, torrent.metainfo);
  }

  /** `have`: pieces that are there already. */
  async start(have: readonly number[] = []): Promise<void> {
    await this.engine.add(this.request(have));
  }

  /** The torrent as an engine is given it. */
  request(have: readonly number[] = []): EngineTorrent {
    const { infoHash, torrentPath } = this.#torrent;
    return { infoHash, torrentPath, files: this.files, have: this.bits(have) };
  }

  /** Some of its pieces, as the protocol has them. */
  bits(pieces: readonly number[]): string {
    const bits = new Bitfield(this.#torrent.metainfo.pieces.length / 20);
    for (const piece of pieces) bits.set(piece);
    return bits.toBase64();
  }

  /** Resolves when `count` pieces are durable, by default all. */
  async durable(count: number = this.#torrent.metainfo.pieces.length / 20): Promise<void> {
    while (this.durableCount < count) await once(this.engine, 'durable');
  }

  get durableCount(): number {
    const bytes = this.engine.have(this.#torrent.infoHash) ?? new Uint8Array();
    return bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  }

  get stats(): TorrentStats {
    const stats = this.engine.stats(this.#torrent.infoHash);
    assert(stats);
    return stats;
  }

  /** The stats once the engine has reported all bytes as verified. */
  async finalStats(): Promise<TorrentStats> {
    await until(() => this.stats.verified === this.#torrent.content.length);
    return this.stats;
  }

  /** Compares what lies on disk with what was sent. Empty files need not be there. */
  async assertRight(): Promise<void> {
    const filled = this.files.filter((_, index) => (this.#torrent.metainfo.files[index]?.length ?? 0) > 0);
    const content = Buffer.concat(await Promise.all(filled.map(path => readFile(path))));
    assert.equal(sha1(content), sha1(this.#torrent.content));
  }
}

export function seeding({ infoHash, torrentPath, files }: TestTorrent): EngineTorrent {
  return { infoHash, torrentPath, files, have: 'all' };
}

/** For what sends no event; mocha's timeout bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}
