import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Torrent } from 'webtorrent';
import { BftError } from '../../../core/errors.ts';
import type { Metainfo } from '../../../torrent/metainfo.ts';
import type { Bitfield } from '../bitfield.ts';
import type { EngineTorrent, FromEngine, Limits, TorrentStats } from '../protocol.ts';
import { chunkStore } from './chunk-store.ts';
import { confirm } from './confirm.ts';
import { Durability } from './durability.ts';
import { FileStore } from './file-store.ts';
import { leanRequests } from './lean-requests.ts';
import type { OpenFiles } from './open-files.ts';
import { PeerGate } from './peer-gate.ts';
import { exchangePeers } from './pex.ts';
import type { PieceBuffers } from './piece-buffers.ts';
import { Picker } from './picker.ts';
import { RateLimit } from './rate-limit.ts';
import type { ReadCache } from './read-cache.ts';
import { Reannounce } from './reannounce.ts';
import { gateRequests } from './request-gate.ts';
import { slimTorrent } from './slim-torrent.ts';
import { Spread } from './spread.ts';
import { Stalls } from './stalls.ts';
import { Suggestions } from './suggestions.ts';
import { throttleDownloads } from './throttled-wire.ts';
import { lengthOfPiece, readInput, type TorrentInput } from './torrent-input.ts';
import { TorrentMeter } from './torrent-meter.ts';
import { Trust } from './trust.ts';
import { Uploads } from './uploads.ts';
import { guardWires } from './wire-guards.ts';

const WARNING_PAUSE_MS = 10_000;
/** A read that failed is answered late, because the peer asks again at once. */
const READ_FAILURE_PAUSE_MS = 1000;

export interface Components {
  readonly client: Client;
  readonly openFiles: OpenFiles;
  readonly cache: ReadCache;
  readonly buffers: PieceBuffers;
  /** Connections per torrent. */
  readonly peers: number;
  readonly send: (message: FromEngine) => void;
  /** The torrent cannot go on (a disk error). It is to be closed. */
  readonly onFailed: (error: unknown) => void;
}

/** One torrent in the engine: webtorrent's part of it, and ours around it. */
export class HostedTorrent {
  readonly #components: Components;
  readonly #metainfo: Metainfo;
  readonly #store: FileStore;
  readonly #durability: Durability;
  readonly #torrent: Torrent;
  readonly #meter: TorrentMeter;
  readonly #trust: Trust;
  readonly #suggestions: Suggestions;
  readonly #unwanted: Bitfield;
  readonly #stalls: Stalls;
  readonly #down = new RateLimit();
  readonly #up = new RateLimit();
  /** What has something to do once a second. */
  readonly #ticking: { tick(): void }[] = [];
  #picker: Picker | undefined;
  #warnedAt = -WARNING_PAUSE_MS;

  /** Resolves when peers can be served. Rejects with a BftError when the torrent file is missing or wrong. */
  static async open(components: Components, request: EngineTorrent): Promise<HostedTorrent> {
    const input = await readInput(request);
    const store = new FileStore(components, input.metainfo, input.paths);
    const confirmed = await confirm(store, input);
    for (const piece of confirmed) input.have.set(piece);
    const hosted = new HostedTorrent(components, input, store);
    for (const piece of confirmed) hosted.#durability.written(piece, store.pathsOf(piece));
    if (request.limits) hosted.limit(request.limits);
    await once(hosted.#torrent, 'ready');
    if (hosted.#torrent.infoHash !== request.infoHash) {
      await hosted.close();
      throw new BftError('TORRENT_INVALID', `${request.torrentPath} makes another torrent when it is written again`);
    }
    hosted.#start();
    return hosted;
  }

  private constructor(components: Components, input: TorrentInput, store: FileStore) {
    const { client, openFiles, send, onFailed } = components;
    const { metainfo, have } = input;
    const { infoHash } = metainfo;
    const onWritten = (pieces: number[]) => send({ type: 'written', infoHash, pieces });
    const onDurable = (pieces: number[]) => {
      // Who acts on the last piece finds counters that include it.
      send({ type: 'stats', torrents: [this.stats()] });
      send({ type: 'durable', infoHash, pieces });
    };
    const lengthOf = (piece: number) => lengthOfPiece(metainfo, piece);
    this.#components = components;
    this.#metainfo = metainfo;
    this.#store = store;
    this.#durability = new Durability({ openFiles, onWritten, onDurable, onFailed });
    const torrent = this.#add(input);
    this.#torrent = torrent;
    const gate = new PeerGate({ torrent, client }, components.peers);
    guardWires(torrent, client);
    exchangePeers(torrent);
    leanRequests(torrent);
    throttleDownloads(torrent, this.#down);
    new Uploads({ torrent, lengthOf, read: this.#read, limit: this.#up }).start();
    this.#meter = new TorrentMeter(torrent, verifiedBytes(input), lengthOf);
    const warn = (message: string) => send({ type: 'warning', infoHash, message });
    this.#trust = new Trust({ torrent, buffers: components.buffers, lengthOf, warn });
    this.#suggestions = new Suggestions(torrent, input.unwanted);
    this.#unwanted = input.unwanted;
    this.#stalls = new Stalls(torrent);
    gateRequests(torrent, [this.#trust, this.#stalls, this.#suggestions]);
    this.#ticking.push(gate, this.#stalls, new Reannounce(torrent, this.#meter));
    torrent.on('error', onFailed);
    if (have.isFull) announceNoCompletion(torrent);
    else torrent.on('done', () => void this.#durability.flush());
  }

  get pieces(): number {
    return this.#torrent.pieces.length;
  }

  limit({ download, upload }: Limits): void {
    this.#down.set(download);
    this.#up.set(upload);
  }

  /** Called once a second. */
  tick(): void {
    if (!this.#torrent.destroyed) for (const each of this.#ticking) each.tick();
  }

  stats(): TorrentStats {
    const { infoHash, name, length } = this.#metainfo;
    const { wasted, blamed } = this.#trust;
    return { infoHash, name, length, wasted, blamed, ...this.#meter.read() };
  }

  /** Leaves the swarm. Resolves when what was written is durable (and reported so) and no file is open. */
  async close(): Promise<void> {
    this.#picker?.stop();
    this.#down.stop();
    this.#up.stop();
    if (!this.#torrent.destroyed) this.#torrent.destroy({ destroyStore: false });
    await this.#store.settled();
    await this.#durability.flush();
    await this.#store.close();
  }

  /** The torrent is ready. */
  #start(): void {
    const { pieceLength } = this.#metainfo;
    this.#meter.watchTracker();
    const spread = () => this.#ticking.push(new Spread(this.#torrent, pieceLength));
    if (this.#torrent.done) {
      spread();
    } else {
      const components = { torrent: this.#torrent, suggestions: this.#suggestions, stalls: this.#stalls };
      this.#picker = new Picker(components, pieceLength, this.#unwanted);
      this.#torrent.once('done', spread);
    }
  }

  #add({ metainfo, bytes, announce, have }: TorrentInput): Torrent {
    const components = { store: this.#store, durability: this.#durability };
    const torrent = this.#components.client.add(bytes, {
      announce,
      bitfield: have.bytes,
      deselect: true,
      storeCacheSlots: 0,
      uploads: this.#components.peers,
      preloadedStore: chunkStore(components, metainfo.pieceLength),
    });
    // Each of the parts around it listens to it.
    torrent.setMaxListeners(0);
    // The bitfield is known to be right; webtorrent would read a piece of every file again.
    torrent._verifyPieces = callback => queueMicrotask(() => callback(null));
    slimTorrent(torrent, metainfo.pieces);
    return torrent;
  }

  readonly #read = async (piece: number, offset: number, length: number): Promise<Uint8Array> => {
    try {
      return await this.#store.read(piece, offset, length);
    } catch (error) {
      this.#warnOfRead(error);
      await delay(READ_FAILURE_PAUSE_MS);
      throw error;
    }
  };

  #warnOfRead(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    const why = error instanceof Error ? error.message : String(error);
    const { infoHash } = this.#metainfo;
    this.#components.send({ type: 'warning', infoHash, message: `cannot be served: ${why}` });
  }
}

/** webtorrent tells the tracker at every start that what was complete before has been completed. */
function announceNoCompletion(torrent: Torrent): void {
  torrent.once('ready', () => {
    if (torrent.discovery) torrent.discovery.complete = () => {};
  });
}

function verifiedBytes({ metainfo, have }: TorrentInput): number {
  let bytes = 0;
  for (const piece of have.indexes()) bytes += lengthOfPiece(metainfo, piece);
  return bytes;
}
