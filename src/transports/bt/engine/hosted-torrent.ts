import { once } from 'node:events';
import type { Client, Torrent } from 'webtorrent';
import type { Metainfo } from '../../../torrent/metainfo.ts';
import type { EngineTorrent, FromEngine, TorrentStats } from '../protocol.ts';
import { chunkStore } from './chunk-store.ts';
import { Durability } from './durability.ts';
import { FileStore } from './file-store.ts';
import type { OpenFiles } from './open-files.ts';
import { Picker } from './picker.ts';
import type { ReadCache } from './read-cache.ts';
import { Reannounce } from './reannounce.ts';
import { gateRequests } from './request-gate.ts';
import { Stalls } from './stalls.ts';
import { lengthOfPiece, readInput, type TorrentInput } from './torrent-input.ts';
import { TorrentMeter } from './torrent-meter.ts';
import { Trust } from './trust.ts';
import { guardWires } from './wire-guards.ts';

const WARNING_PAUSE_MS = 10_000;

export interface Components {
  readonly client: Client;
  readonly openFiles: OpenFiles;
  readonly cache: ReadCache;
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
  readonly #stalls: Stalls;
  readonly #reannounce: Reannounce;
  #picker: Picker | undefined;
  #warnedAt = -WARNING_PAUSE_MS;

  /** Resolves when peers can be served. Rejects with a BftError when the torrent file is missing or wrong. */
  static async open(components: Components, request: EngineTorrent): Promise<HostedTorrent> {
    const input = await readInput(request);
    const hosted = new HostedTorrent(components, input);
    await once(hosted.#torrent, 'ready');
    hosted.#meter.watchTracker();
    hosted.#picker = new Picker(hosted.#torrent, input.metainfo.pieceLength);
    return hosted;
  }

  private constructor(components: Components, input: TorrentInput) {
    const { metainfo, have } = input;
    const { openFiles, send, onFailed } = components;
    const { infoHash } = metainfo;
    const onDurable = (pieces: number[]) => {
      // Who acts on the last piece finds counters that include it.
      send({ type: 'stats', torrents: [this.stats()] });
      send({ type: 'durable', infoHash, pieces });
    };
    const lengthOf = (piece: number) => lengthOfPiece(metainfo, piece);
    this.#components = components;
    this.#metainfo = metainfo;
    this.#store = new FileStore(components, metainfo, input.paths);
    this.#durability = new Durability({ openFiles, onDurable, onFailed });
    const torrent = this.#add(input);
    this.#torrent = torrent;
    this.#meter = new TorrentMeter(torrent, verifiedBytes(input), lengthOf);
    this.#trust = new Trust({ torrent, lengthOf, warn: message => send({ type: 'warning', infoHash, message }) });
    this.#stalls = new Stalls(torrent);
    this.#reannounce = new Reannounce(torrent);
    guardWires(torrent, components.client);
    gateRequests(torrent, [this.#trust, this.#stalls]);
    torrent.on('error', onFailed);
    if (!have.isFull) torrent.on('done', () => void this.#durability.flush());
  }

  get pieces(): number {
    return this.#torrent.pieces.length;
  }

  /** Called once a second. */
  tick(): void {
    this.#stalls.tick();
    this.#reannounce.tick(this.#meter.received);
  }

  stats(): TorrentStats {
    const { infoHash, name, length } = this.#metainfo;
    return { infoHash, name, length, wasted: this.#trust.wasted, ...this.#meter.read() };
  }

  /** Leaves the swarm. Resolves when what was written is durable (and reported so) and no file is open. */
  async close(): Promise<void> {
    this.#picker?.stop();
    if (!this.#torrent.destroyed) this.#torrent.destroy({ destroyStore: false });
    await this.#store.settled();
    await this.#durability.flush();
    await this.#store.close();
  }

  #add({ metainfo, bytes, have }: TorrentInput): Torrent {
    const components = { store: this.#store, durability: this.#durability, onReadError: this.#warnOfRead };
    const torrent = this.#components.client.add(bytes, {
      bitfield: have.bytes,
      deselect: true,
      storeCacheSlots: 0,
      preloadedStore: chunkStore(components, metainfo.pieceLength),
    });
    // The bitfield is known to be right; webtorrent would read a piece of every file again.
    torrent._verifyPieces = callback => queueMicrotask(() => callback(null));
    return torrent;
  }

  readonly #warnOfRead = ({ message }: Error): void => {
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    this.#components.send({
      type: 'warning',
      infoHash: this.#metainfo.infoHash,
      message: `cannot be served: ${message}`,
    });
  };
}

function verifiedBytes({ metainfo, have }: TorrentInput): number {
  let bytes = 0;
  for (let piece = 0; piece < have.length; piece++) if (have.get(piece)) bytes += lengthOfPiece(metainfo, piece);
  return bytes;
}
