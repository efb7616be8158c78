import type { Client, Peer, Torrent, Wire } from 'webtorrent';
import { hostOf, listenPortOf } from './peer-address.ts';

/** Addresses that are remembered for later, per connection that may be had. */
const KNOWN_PER_PEER = 4;
/** Connections of all torrents together. */
const MOST_CONNECTIONS = 1024;
/** Peers that live say something every two minutes (BEP 3). */
const SILENT_TICKS = 180;
/** Answers that a peer does not read. Blocks wait elsewhere, so this is small talk. */
const LONGEST_BACKLOG = 4 * 1024 * 1024;

/** Decides who is connected: how many, each once, never ourselves, nobody who is silent for long or does not read. */
export class PeerGate {
  readonly #torrent: Torrent;
  readonly #client: Client;
  readonly #most: number;
  /** Addresses at which we met ourselves: a tracker gives our own address, too. */
  readonly #own = new Set<string>();
  readonly #silent = new WeakMap<Peer, { bytes: number; ticks: number }>();

  /** `most`: connections of this torrent. */
  constructor({ torrent, client }: { torrent: Torrent; client: Client }, most: number) {
    this.#torrent = torrent;
    this.#client = client;
    this.#most = most;
    this.#guardDialling();
    this.#guardListening();
    torrent.on('wire', wire => this.#greet(wire));
  }

  /** Called once a second. */
  tick(): void {
    for (const peer of this.#torrent._peers.values()) {
      if (!peer.wire || !peer.conn) continue;
      const { bytesRead, writableLength } = peer.conn;
      const last = this.#silent.get(peer);
      const ticks = last?.bytes === bytesRead ? last.ticks + 1 : 0;
      this.#silent.set(peer, { bytes: bytesRead, ticks });
      const backlog = writableLength + peer.wire._readableState.buffered;
      if (ticks >= SILENT_TICKS || backlog > LONGEST_BACKLOG) peer.wire.destroy();
    }
  }

  #guardDialling(): void {
    const addPeer = this.#torrent._addPeer.bind(this.#torrent);
    this.#torrent._addPeer = (peer, type, source) => {
      if (!this.#mayDial(peer)) return null;
      return plainly(this.#client, () => addPeer(peer, type, source));
    };
  }

  #guardListening(): void {
    const addIncoming = this.#torrent._addIncomingPeer.bind(this.#torrent);
    this.#torrent._addIncomingPeer = peer => {
      if (this.#isFull()) peer.destroy();
      else addIncoming(peer);
    };
  }

  #isFull(): boolean {
    const all = this.#client.torrents.reduce((sum, { _numConns }) => sum + _numConns, 0);
    return this.#torrent._numConns >= this.#most || all >= MOST_CONNECTIONS;
  }

  #mayDial(address: string): boolean {
    const { _peers, wires } = this.#torrent;
    if (this.#own.has(address) || _peers.size >= this.#most * KNOWN_PER_PEER) return false;
    return !wires.some(wire => `${hostOf(wire)}:${listenPortOf(wire) ?? wire.remotePort}` === address);
  }

  #greet(wire: Wire): void {
    if (wire.peerId === this.#client.peerId) {
      if (wire.type === 'tcpOutgoing') this.#own.add(`${hostOf(wire)}:${wire.remotePort}`);
      return wire.destroy();
    }
    for (const other of this.#torrent.wires) {
      const isTwin = other !== wire && other.peerId === wire.peerId && hostOf(other) === hostOf(wire);
      if (isTwin) this.#worse(other, wire).destroy();
    }
  }

  /** Of two connections with one peer, the one to close. Both ends choose the same: that which the greater id has dialled, or else the older one. */
  #worse(older: Wire, newer: Wire): Wire {
    const [a, b] = [this.#dialler(older), this.#dialler(newer)];
    return a >= b ? older : newer;
  }

  #dialler({ type, peerId }: Wire): string {
    return type === 'tcpOutgoing' ? this.#client.peerId : peerId;
  }
}

/** Some clients cannot be dialled encrypted and others insist on it: dial plaintext, accept both. */
function plainly<T>(client: Client, dial: () => T): T {
  const { secure } = client;
  client.secure = 0;
  try {
    return dial();
  } finally {
    client.secure = secure;
  }
}
