import WebTorrent from 'webtorrent';
import { asBftError, errno } from '../../../core/errors.ts';
import type { EngineOptions, EngineTorrent, FromEngine, Limits, ToEngine } from '../protocol.ts';
import { clientOptions } from './client-options.ts';
import { type Components as TorrentComponents, HostedTorrent } from './hosted-torrent.ts';
import { Lanes } from './lanes.ts';
import { OpenFiles } from './open-files.ts';
import { PieceBuffers } from './piece-buffers.ts';
import { ReadCache } from './read-cache.ts';

const TICK_MS = 1000;
const READ_CACHE_BYTES = 64 * 1024 * 1024;
/** A new engine is given hundreds of torrents at once, the most urgent ones first: they must not wait for all others. */
const OPEN_AT_ONCE = 2;
/** How long a tracker may take to hear that we leave. */
const LEAVE_MS = 2000;

interface Components {
  readonly send: (message: FromEngine) => void;
  /** The engine cannot go on. */
  readonly onFatal: (error: unknown) => void;
}

/** The engine's side of the protocol: hosts the torrents that the parent gives it. */
export class TorrentHost {
  readonly #send: (message: FromEngine) => void;
  readonly #client: WebTorrent;
  readonly #peers: number;
  readonly #openFiles = new OpenFiles();
  readonly #cache = new ReadCache(READ_CACHE_BYTES);
  readonly #buffers = new PieceBuffers();
  readonly #torrents = new Map<string, HostedTorrent>();
  /** The end of what was asked for a torrent so far: requests for one torrent run one after the other. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly #lanes = new Lanes(OPEN_AT_ONCE);
  readonly #timer: NodeJS.Timeout;
  #state: 'running' | 'stopping' = 'running';

  constructor({ send, onFatal }: Components, options: EngineOptions) {
    this.#send = send;
    this.#peers = options.peers;
    this.#client = new WebTorrent(clientOptions(options));
    this.#client.on('listening', () => send({ type: 'listening', port: this.#client.torrentPort }));
    this.#client.on('error', onFatal);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  handle(message: Exclude<ToEngine, { type: 'stop' }>): void {
    if (message.type === 'add') this.#enqueue(message.torrent.infoHash, () => this.#add(message.torrent));
    else if (message.type === 'remove') this.#enqueue(message.infoHash, () => this.#remove(message.infoHash));
    else this.#limit(message);
  }

  /** Makes everything durable and says goodbye to the trackers. */
  async stop(): Promise<void> {
    this.#state = 'stopping';
    clearInterval(this.#timer);
    for (const infoHash of this.#torrents.keys()) this.#enqueue(infoHash, () => this.#close(infoHash));
    await Promise.all(this.#queues.values());
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, LEAVE_MS).unref();
    this.#client.destroy(resolve);
    await promise;
  }

  #enqueue(infoHash: string, work: () => Promise<void>): void {
    const tail = (this.#queues.get(infoHash) ?? Promise.resolve()).then(work).finally(() => {
      if (this.#queues.get(infoHash) === tail) this.#queues.delete(infoHash);
    });
    this.#queues.set(infoHash, tail);
  }

  async #add(torrent: EngineTorrent): Promise<void> {
    const { infoHash } = torrent;
    const onFailed = (error: unknown) => this.#enqueue(infoHash, () => this.#giveUp(infoHash, error));
    const shared = {
      client: this.#client,
      peers: this.#peers,
      openFiles: this.#openFiles,
      cache: this.#cache,
      buffers: this.#buffers,
      send: this.#send,
    };
    try {
      const hosted =
        this.#torrents.get(infoHash) ?? (await this.#lanes.run(() => this.#open({ ...shared, onFailed }, torrent)));
      if (!hosted) return;
      this.#torrents.set(infoHash, hosted);
      this.#send({ type: 'stats', torrents: [hosted.stats()] });
      this.#send({ type: 'added', infoHash, pieces: hosted.pieces });
    } catch (error) {
      this.#sendFailure(infoHash, error);
    }
  }

  /** Nothing is opened any more by an engine that stops: the parent gives it to the next one. */
  async #open(components: TorrentComponents, torrent: EngineTorrent): Promise<HostedTorrent | undefined> {
    if (this.#isStopping) return undefined;
    this.#send({ type: 'opening', infoHash: torrent.infoHash });
    const hosted = await HostedTorrent.open(components, torrent);
    if (this.#isStopping) {
      await hosted.close();
      return undefined;
    }
    return hosted;
  }

  get #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  async #remove(infoHash: string): Promise<void> {
    await this.#close(infoHash);
    this.#send({ type: 'removed', infoHash });
  }

  async #giveUp(infoHash: string, error: unknown): Promise<void> {
    if (!this.#torrents.has(infoHash)) return;
    await this.#close(infoHash);
    this.#sendFailure(infoHash, error);
  }

  async #close(infoHash: string): Promise<void> {
    const hosted = this.#torrents.get(infoHash);
    this.#torrents.delete(infoHash);
    await hosted?.close();
  }

  #sendFailure(infoHash: string, error: unknown): void {
    // Without a code of the system it is webtorrent that refused the torrent.
    const kind = errno(error) === undefined ? 'TORRENT_INVALID' : 'DISK_WRITE';
    const { code, message } = asBftError(error, kind, 'BitTorrent');
    this.#send({ type: 'failed', infoHash, code, message });
  }

  #limit({ infoHash, download, upload }: { infoHash?: string } & Limits): void {
    // In turn: a torrent that is being added has the limits that it came with.
    if (infoHash !== undefined)
      return this.#enqueue(infoHash, async () => this.#torrents.get(infoHash)?.limit({ download, upload }));
    this.#client.throttleDownload(Math.round(download ?? -1));
    this.#client.throttleUpload(Math.round(upload ?? -1));
  }

  #tick(): void {
    for (const hosted of this.#torrents.values()) hosted.tick();
    // Sent without torrents, too: it says that we live.
    this.#send({ type: 'stats', torrents: [...this.#torrents.values()].map(t => t.stats()) });
  }
}
