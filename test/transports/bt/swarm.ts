import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'bittorrent-tracker';
import { silentLog } from '../../../src/core/log.ts';
import { BtEngine } from '../../../src/transports/bt/engine.ts';
import { filesBelow, type TestTorrent } from './make-torrent.ts';

/** Engines, a tracker and directories of one test; `dispose` ends and removes them all. */
export class Swarm {
  readonly directory: string;
  readonly announce: string;
  readonly #tracker: Server;
  readonly #engines: BtEngine[] = [];

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

  async engine(options: { port?: number; restartDelayMs?: number } = {}): Promise<BtEngine> {
    const engine = new BtEngine({ log: silentLog }, { port: 0, restartDelayMs: 50, ...options });
    this.#engines.push(engine);
    await engine.start();
    return engine;
  }

  /** An engine that serves the torrent from where it was made. */
  async seed(torrent: TestTorrent): Promise<BtEngine> {
    const engine = await this.engine();
    await engine.add({
      infoHash: torrent.infoHash,
      torrentPath: torrent.torrentPath,
      files: torrent.files,
      have: 'all',
    });
    return engine;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#engines.map(engine => engine.stop()));
    this.#tracker.http.closeAllConnections();
    await new Promise<void>(resolve => this.#tracker.close(resolve));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** One download into `root`, with nothing there yet. */
export class Download {
  readonly files: string[];
  readonly #engine: BtEngine;
  readonly #torrent: TestTorrent;

  constructor(engine: BtEngine, torrent: TestTorrent, root: string) {
    this.#engine = engine;
    this.#torrent = torrent;
    this.files = filesBelow(root, torrent.metainfo);
  }

  async start(): Promise<void> {
    const { infoHash, torrentPath, metainfo } = this.#torrent;
    const have = Buffer.alloc(Math.ceil(metainfo.pieces.length / 20 / 8)).toString('base64');
    await this.#engine.add({ infoHash, torrentPath, files: this.files, have });
  }

  /** Resolves when `count` pieces are durable, by default all. */
  async durable(count: number = this.#torrent.metainfo.pieces.length / 20): Promise<void> {
    while (this.#durableCount() < count) await once(this.#engine, 'durable');
  }

  /** The torrent's byte row as it lies on disk now. Empty files need not be there. */
  async content(): Promise<Buffer> {
    const present = this.files.filter((_, index) => (this.#torrent.metainfo.files[index]?.length ?? 0) > 0);
    return Buffer.concat(await Promise.all(present.map(path => readFile(path))));
  }

  #durableCount(): number {
    const bytes = this.#engine.have(this.#torrent.infoHash) ?? new Uint8Array();
    return bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  }
}
