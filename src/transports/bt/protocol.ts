import type { ErrorCode } from '../../core/errors.ts';

/** Messages between the daemon and its BitTorrent engine process. Small, structured-clonable, one direction each. */

/** How an engine process is started. */
export interface EngineOptions {
  /** TCP port for peers; 0 takes a free one. */
  readonly port: number;
  /** Connections per torrent, incoming ones included. */
  readonly peers: number;
  /** Peers tell each other of more peers (BEP 11). */
  readonly pex: boolean;
  /** Look for peers in the public DHT (BEP 5). */
  readonly dht: boolean;
  /** Look for peers in the local network by multicast (BEP 14). */
  readonly lsd: boolean;
}

/** Bytes per second; null is no limit. */
export interface Limits {
  readonly download: number | null;
  readonly upload: number | null;
}

/** One torrent for the engine. The engine keeps no state of its own: what it must know at (re)start stands here. */
export interface EngineTorrent {
  /** 40 lower-case hex digits. */
  infoHash: string;
  /** Absolute path of the validated .torrent file. */
  torrentPath: string;
  /** Absolute path of every file, in torrent order (also of empty files, which are not opened). */
  files: string[];
  /** Pieces that are on disk and verified: base64 of ceil(n/8) bytes, first piece in the highest bit; or 'all'. Never read again. */
  have: string;
  /** Pieces that were written and are not known to be on disk: in the same form. They are hashed there before they count as had. */
  unconfirmed?: string;
  /** Pieces that are not to be fetched, in the same form; none if left out. */
  unwanted?: string;
  /** This torrent's own limits; none if left out. */
  limits?: Limits;
  /** Of the torrent's trackers, those that may be asked; all if left out. */
  announce?: string[];
  /** Name of the task that it belongs to, for people; the engine makes nothing of it. */
  task?: string;
}

export type ToEngine =
  | { type: 'add'; torrent: EngineTorrent }
  | { type: 'remove'; infoHash: string }
  /** Of one torrent, or else over all of them. */
  | ({ type: 'limits'; infoHash?: string } & Limits)
  | { type: 'stop' };

/** A sender may have hundreds of peers; a message a second names no more of them. */
export const MAX_PEERS_LISTED = 64;

export interface PeerStats {
  /** `host:port` as connected. */
  address: string;
  /** The port on which the peer says it listens, if it said so. */
  listenPort: number | null;
  /** Payload bytes in this connection. */
  downloaded: number;
  uploaded: number;
  /** Bytes per second. */
  downRate: number;
  upRate: number;
  /** How many pieces it says it has. */
  pieces: number;
}

/** How many have a whole torrent, and how many do not. */
export interface SwarmCount {
  seeds: number;
  leechers: number;
}

export interface TorrentStats {
  infoHash: string;
  /** The torrent's own name. */
  name: string;
  /** Bytes of all its files. */
  length: number;
  pieces: number;
  /** Pieces that are here or at a connected peer (BE-24). */
  available: number;
  /** Pieces on their way: a bitfield in base64, first piece in the highest bit; '' of a torrent that is complete. */
  flying: string;
  /** Missing ones that one connected peer has and no other, in the same form. */
  rare: string;
  /** Peers that are connected. */
  connected: SwarmCount;
  /** Peers that are known and not connected (yet). */
  connecting: number;
  /** What the tracker last said of the whole swarm, ourselves included; null before its first answer. */
  known: SwarmCount | null;
  /** Payload bytes since the engine was started. */
  received: number;
  sent: number;
  /** `received` by sender: `host:port` where it listens, else as connected; those beyond a few hundred together. */
  receivedFrom: Record<string, number>;
  /** Bytes per second. */
  downRate: number;
  upRate: number;
  /** Pieces that failed verification and were thrown away, in bytes. */
  wasted: number;
  /** Of them, those whose sender is known, by sender. */
  blamed: Record<string, number>;
  /** Verified bytes in the store (also not yet durable ones). */
  verified: number;
  /** The busiest of the connected ones, at most MAX_PEERS_LISTED. */
  peers: PeerStats[];
  /** The tracker's last complaint, '' when it answered. */
  trackerError: string;
}

export type FromEngine =
  | { type: 'listening'; port: number }
  /** Its turn has come; until it is added or has failed it may be what ends the engine. */
  | { type: 'opening'; infoHash: string }
  /** `pieces` is the number of pieces that the torrent has. */
  | { type: 'added'; infoHash: string; pieces: number }
  | { type: 'removed'; infoHash: string }
  /** These pieces are verified and written: they survive the end of the process, not a power cut. `durable` follows. */
  | { type: 'written'; infoHash: string; pieces: number[] }
  /** These pieces are verified and on disk: written and fdatasync'ed. */
  | { type: 'durable'; infoHash: string; pieces: number[] }
  /** The torrent was given up (disk error, invalid torrent); it is no longer in the engine and its files are let go. */
  | { type: 'failed'; infoHash: string; code: ErrorCode; message: string }
  | { type: 'warning'; infoHash: string; message: string }
  /** Of all torrents once a second, also of none: it says that the engine lives. Of one torrent also before `added` and `durable`. */
  | { type: 'stats'; torrents: TorrentStats[] }
  /** The engine ends now. `errno` is the system's code (EADDRINUSE, …), '' if none. */
  | { type: 'fatal'; errno: string; message: string };
