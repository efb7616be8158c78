import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../../core/clock.ts';
import { BftError } from '../../core/errors.ts';
import type { Startable } from '../../core/lifecycle.ts';
import type { Logger } from '../../core/log.ts';
import { EngineSupervisor } from './engine-supervisor.ts';
import type { EngineOptions, EngineTorrent, FromEngine, Limits, TorrentStats } from './protocol.ts';
import { Quarantine } from './quarantine.ts';
import { TorrentRecord } from './torrent-record.ts';

const RESTART_DELAY_MS = 200;
const DEFAULTS = { peers: 50, pex: true, dht: false, lsd: false };

interface Components {
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Port 0 takes a free one and keeps it over restarts of the engine. */
interface Options extends Partial<EngineOptions> {
  readonly port: number;
  /** Pause before the first restart of an engine that died, ms; doubles up to 10 s. */
  readonly restartDelayMs?: number;
}

export interface EngineListing {
  /** Name of the task, '' if none. */
  readonly task: string;
  /** Wall clock, ms. */
  readonly startedAt: number;
  /** Its own; those of the engine come on top. */
  readonly limits: Limits;
  readonly stats: TorrentStats;
}

export interface BtEngineEvents {
  /** Pieces that will survive the end of both processes, not a power cut. */
  written: [{ infoHash: string; pieces: readonly number[] }];
  /** Pieces that will survive a power cut; `have` has them already. */
  durable: [{ infoHash: string; pieces: readonly number[] }];
  /** The torrent, as it is now, was given up and is no longer in the engine. Not sent while `add` waits for it: then that rejects. */
  failed: [{ infoHash: string; error: BftError; torrent: EngineTorrent }];
  warning: [{ infoHash: string; message: string }];
  /** A torrent that lacks pieces came for the first time: it moves already. */
  added: [];
  /** Payload bytes that went to peers since it was told last. */
  sent: [number];
  /** The engine process had died and runs again; it was given all torrents. */
  restarted: [];
}

/**
 * The daemon's handle on the BitTorrent engine process. All truth is here: a process that dies is replaced, and the new one gets every
 * torrent with the pieces known durable.
 */
export class BtEngine extends EventEmitter<BtEngineEvents> implements Startable {
  readonly name = 'bt-engine';
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #supervisor: EngineSupervisor;
  readonly #torrents = new Map<string, TorrentRecord>();
  /** Removals that the engine has not answered yet. */
  readonly #removals = new Map<string, PromiseWithResolvers<void>>();
  #quarantine = new Quarantine();
  #limits: Limits = { download: null, upload: null };
  #state: 'stopped' | 'starting' | 'started' = 'stopped';
  #starting: Promise<void> = Promise.resolve();
  /** Monotonic, ms; undefined: an engine process runs. */
  #downSince: number | undefined;

  constructor({ log, clock = systemClock }: Components, { restartDelayMs = RESTART_DELAY_MS, ...options }: Options) {
    super();
    this.setMaxListeners(0);
    this.#log = log;
    this.#clock = clock;
    this.#downSince = clock.monotonic();
    this.#supervisor = new EngineSupervisor({ log, clock }, { ...DEFAULTS, ...options }, restartDelayMs);
    this.#supervisor.on('message', message => this.#onMessage(message));
    this.#supervisor.on('up', () => this.#onUp());
    this.#supervisor.on('down', () => this.#onDown());
  }

  /** The port that peers are served on. */
  get port(): number {
    return this.#supervisor.port;
  }

  /** Process id of the engine, undefined between two processes. */
  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** How long there has been no engine process to work with, ms; 0: there is one. */
  get downMs(): number {
    return this.#downSince === undefined ? 0 : this.#clock.monotonic() - this.#downSince;
  }

  /** Begins to start, which takes a while: what is added from now on waits for it. How it went, `start` says. */
  begin(): void {
    this.#state = 'starting';
    this.#starting = this.#supervisor.start().then(() => {
      if (this.#state === 'starting') this.#state = 'started';
    });
    this.#starting.catch((error: Error) => this.#letGo(error));
  }

  /** Resolves when peers can connect. Throws LISTEN_FAILED or BT_ENGINE_DOWN. */
  async start(): Promise<void> {
    if (this.#state === 'stopped') this.begin();
    await this.#starting;
  }

  /** Pieces that were written are durable and reported when it resolves (unless the engine had to be killed). */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    await this.#supervisor.stop();
    this.#letGo(new BftError('BT_ENGINE_DOWN', 'the BitTorrent engine was stopped', { permanent: false }));
  }

  #letGo(reason: Error): void {
    this.#state = 'stopped';
    for (const record of this.#torrents.values()) record.added.reject(reason);
    this.#torrents.clear();
    this.#quarantine = new Quarantine();
  }

  /**
   * Resolves when the engine has the torrent; waits through restarts. Idempotent; the same torrent with its files elsewhere replaces
   * the one that is there. Rejects with what the engine has against it, or TASK_CANCELLED when it is removed meanwhile.
   */
  async add(torrent: EngineTorrent): Promise<void> {
    const { infoHash } = torrent;
    if (this.#state === 'stopped')
      throw new BftError('BT_ENGINE_DOWN', 'the BitTorrent engine is not started', { permanent: false });
    if (this.#torrents.get(infoHash)?.isSame(torrent) === false) void this.remove(infoHash);
    let record = this.#torrents.get(infoHash);
    if (!record) {
      record = new TorrentRecord(torrent, this.#clock.now());
      this.#torrents.set(infoHash, record);
      this.#give(infoHash);
    }
    await record.added.promise;
  }

  /** Resolves when the engine has let go of all files of the torrent. Idempotent. */
  async remove(infoHash: string): Promise<void> {
    const record = this.#torrents.get(infoHash);
    if (record) {
      this.#torrents.delete(infoHash);
      this.#onSettled(infoHash);
      record.added.reject(new BftError('TASK_CANCELLED', `torrent ${infoHash} was removed`));
      if (this.#supervisor.isUp && !this.#removals.has(infoHash)) {
        this.#removals.set(infoHash, Promise.withResolvers());
        this.#supervisor.send({ type: 'remove', infoHash });
      }
    }
    await this.#removals.get(infoHash)?.promise;
  }

  /** Bytes per second over all torrents, from now on; null is no limit. */
  setLimits(download: number | null, upload: number | null): void {
    this.#limits = { download, upload };
    if (this.#supervisor.isUp) this.#supervisor.send({ type: 'limits', ...this.#limits });
  }

  /** Of one torrent, from now on and over restarts of the engine. A torrent that is not there has none. */
  setTorrentLimits(infoHash: string, limits: Limits): void {
    const record = this.#torrents.get(infoHash);
    if (!record?.setLimits(limits)) return;
    if (this.#supervisor.isUp && !this.#removals.has(infoHash))
      this.#supervisor.send({ type: 'limits', infoHash, ...limits });
  }

  /** What the engine last said, at most a second ago; undefined when it does not have the torrent. */
  stats(infoHash: string): TorrentStats | undefined {
    const record = this.#torrents.get(infoHash);
    return record?.isAdded ? record.stats : undefined;
  }

  /** All torrents that the engine has, in the order in which they came. */
  list(): EngineListing[] {
    const added = [...this.#torrents.values()].filter(record => record.isAdded);
    return added.map(({ task, startedAt, limits, stats }) => ({ task, startedAt, limits, stats }));
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Bitfield of the durable pieces, first piece in the highest bit; undefined when the engine does not have the torrent. */
  have(infoHash: string): Uint8Array | undefined {
    return this.#torrents.get(infoHash)?.have;
  }

  /** Hands a torrent to the engine, unless that has to wait: for an engine, or until it has let go of the same torrent. */
  #give(infoHash: string): void {
    const record = this.#torrents.get(infoHash);
    if (!record || !this.#supervisor.isUp || this.#removals.has(infoHash)) return;
    if (!this.#quarantine.mayOpen(infoHash)) return;
    this.#supervisor.send({ type: 'add', torrent: record.forEngine });
  }

  #onUp(): void {
    this.#downSince = undefined;
    this.#supervisor.send({ type: 'limits', ...this.#limits });
    const records = [...this.#torrents.values()].sort((a, b) => b.urgency - a.urgency);
    for (const { infoHash } of records) this.#give(infoHash);
    if (this.#state === 'started') this.emit('restarted');
  }

  #onDown(): void {
    this.#downSince ??= this.#clock.monotonic();
    if (this.#state === 'started') for (const infoHash of this.#quarantine.engineEnded()) this.#shut(infoHash);
    for (const record of this.#torrents.values()) record.onEngineGone();
    for (const { resolve } of this.#removals.values()) resolve();
    this.#removals.clear();
  }

  #onMessage(message: FromEngine): void {
    switch (message.type) {
      case 'opening':
        return this.#quarantine.opening(message.infoHash);
      case 'added':
        this.#onAdded(message);
        return this.#onSettled(message.infoHash);
      case 'removed':
        return this.#onRemoved(message.infoHash);
      case 'written':
      case 'durable':
        return this.#onPieces(message);
      case 'failed':
        return this.#onFailed(message.infoHash, new BftError(message.code, message.message));
      case 'warning':
        this.#log.warn({ infoHash: message.infoHash }, message.message);
        return void this.emit('warning', { infoHash: message.infoHash, message: message.message });
      case 'stats':
        return this.#onStats(message.torrents);
      case 'listening':
      case 'fatal':
        return;
    }
  }

  #onStats(torrents: readonly TorrentStats[]): void {
    let sent = 0;
    for (const stats of torrents) sent += this.#recordOf(stats)?.onStats(stats) ?? 0;
    if (sent > 0) this.emit('sent', sent);
  }

  /** The torrent that a message is about; until a removal is answered, messages are about the torrent that is being removed. */
  #recordOf({ infoHash }: { infoHash: string }): TorrentRecord | undefined {
    return this.#removals.has(infoHash) ? undefined : this.#torrents.get(infoHash);
  }

  #onRemoved(infoHash: string): void {
    this.#removals.get(infoHash)?.resolve();
    this.#removals.delete(infoHash);
    this.#give(infoHash);
  }

  #onPieces({ type, infoHash, pieces }: Extract<FromEngine, { type: 'written' | 'durable' }>): void {
    // The torrent that is being removed and the one that waits in its place may lie in different files.
    if (this.#removals.has(infoHash) && this.#torrents.has(infoHash)) return;
    const record = this.#torrents.get(infoHash);
    if (type === 'durable') record?.onDurable(pieces);
    else record?.onWritten(pieces);
    this.emit(type, { infoHash, pieces });
  }

  /** What ended one engine process after the other is given to no more of them. */
  #shut(infoHash: string): void {
    const why = `the BitTorrent engine ended again and again while it opened the torrent ${infoHash}; it is not tried any more`;
    this.#onFailed(infoHash, new BftError('TORRENT_INVALID', why));
    this.#quarantine.shut(infoHash);
  }

  /** The engine has opened the torrent, or need not. */
  #onSettled(infoHash: string): void {
    this.#quarantine.settled(infoHash);
    const next = this.#quarantine.suspects.find(each => this.#torrents.has(each) && this.#quarantine.mayOpen(each));
    if (next !== undefined) this.#give(next);
  }

  #onAdded({ infoHash, pieces }: { infoHash: string; pieces: number }): void {
    const record = this.#recordOf({ infoHash });
    if (!record) return;
    const isNew = !record.isAdded;
    record.onAdded(pieces);
    if (isNew) this.emit('added');
  }

  #onFailed(infoHash: string, error: BftError): void {
    this.#onSettled(infoHash);
    const record = this.#recordOf({ infoHash });
    if (!record) return;
    this.#torrents.delete(infoHash);
    this.#log.error({ infoHash, code: error.code }, error.message);
    if (record.isAdded) this.emit('failed', { infoHash, error, torrent: record.forEngine });
    else record.added.reject(error);
  }
}
