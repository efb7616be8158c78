/** What we use of webtorrent 3.0.21, public and private. The private names (`_…`) are covered by private-api.test.ts. */
declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export interface BitSet {
    get(index: number): boolean;
    /** First piece in the highest bit. As long as what a peer has said so far; empty, too, when it said that it has all. */
    readonly buffer: Uint8Array;
  }

  /** A block that was asked of a peer. */
  export interface Request {
    readonly piece: number;
    readonly offset: number;
    readonly length: number;
  }

  interface WireEvents {
    bitfield: [];
    have: [index: number];
    'have-all': [];
    interested: [];
    choke: [];
    unchoke: [];
    suggest: [index: number];
    /** `handshake` is the name of the extended handshake (BEP 10). */
    extended: [name: string | number];
    error: [error: Error];
    download: [bytes: number];
    upload: [bytes: number];
    close: [];
  }

  interface PexEvents {
    /** `host:port`, IPv6 in brackets. */
    peer: [address: string];
  }

  export interface UtPex extends EventEmitter<PexEvents> {
    addPeer(address: string): void;
    addPeer6(address: string): void;
    dropPeer(address: string): void;
    dropPeer6(address: string): void;
    /** Names what is new every 65 s. */
    start(): void;
    onMessage(bytes: Uint8Array): void;
    /** Wall clock, ms: when the peer spoke last. */
    _lastMessageTimestamp: number;
    _sendMessage(): void;
  }

  export interface Wire extends EventEmitter<WireEvents> {
    readonly peerId: string;
    readonly type: string;
    readonly remoteAddress?: string;
    readonly remotePort?: number;
    readonly destroyed: boolean;
    readonly peerChoking: boolean;
    readonly peerInterested: boolean;
    readonly amChoking: boolean;
    readonly isSeeder: boolean;
    /** Both ends speak the fast extension (BEP 6). */
    readonly hasFast: boolean;
    readonly peerPieces: BitSet;
    readonly requests: readonly Request[];
    /** What the peer asks of us; emptied when we choke it. */
    readonly peerRequests: Request[];
    readonly extendedMapping: Record<string, string>;
    readonly peerExtendedMapping: Readonly<Record<string, number>>;
    readonly ut_metadata: { setMetadata(metadata: unknown): Promise<boolean> };
    /** Not there when the client has no PEX. */
    readonly ut_pex?: UtPex;
    readonly downloaded: number;
    readonly uploaded: number;
    /** Bytes per second, after these bytes. */
    downloadSpeed: (bytes?: number) => number;
    uploadSpeed: (bytes?: number) => number;
    extendedHandshake: Record<string, number>;
    readonly peerExtendedHandshake: Readonly<Record<string, unknown>>;
    /** Takes a request back; its block is free to be asked of another peer. */
    cancel(piece: number, offset: number, length: number): void;
    choke(): void;
    /** Says that we have every piece (BEP 6). */
    haveAll(): void;
    suggest(index: number): void;
    reject(piece: number, offset: number, length: number): void;
    piece(piece: number, offset: number, bytes: Uint8Array): void;
    destroy(): void;
    readonly _readableState: { readonly buffered: number };
    /** The stream wants more to send. */
    _read(done: (error: null) => void): void;
    /** Bytes came in. */
    _write(bytes: Uint8Array, done: (error: null) => void): void;
    readonly _encryptor: { decrypt(bytes: Uint8Array): Uint8Array } | null;
    /** What came in and was not looked at yet. */
    _buffer: Uint8Array[];
    _bufferSize: number;
    /** How many bytes the next parser takes. */
    readonly _parserSize: number;
    _parser(bytes: Uint8Array): void;
    /** The handshake of encryption looks for this. */
    readonly _cryptoSyncPattern: Uint8Array | null;
    /** The handshake of encryption waits for its torrent. */
    readonly _pePending: boolean;
    _parse(length: number, parser: (bytes: Uint8Array) => void): void;
    _processBuffer: (this: Wire) => void;
    _onMessageLength: (this: Wire, bytes: Uint8Array) => void;
    _onHave(index: number): void;
    _onRequest(piece: number, offset: number, length: number): void;
    _onPiece(piece: number, offset: number, bytes: Uint8Array): void;
  }

  export interface Peer {
    readonly wire: Wire | null;
    readonly conn: Socket | null;
    destroy(): void;
  }

  /** A piece that is being fetched. */
  export interface Piece {
    /** Bytes. */
    readonly length: number;
    /** The bytes of a block, if they are there. */
    get(block: number): Uint8Array | undefined | null;
    /** Blocks that were asked for in vain and are free again. */
    readonly _cancellations: readonly number[] | null;
    /** The blocks, while they come. */
    _buffer: (Uint8Array | undefined)[] | null;
    _flushed: boolean;
    /** True with the last block. */
    set(block: number, bytes: Uint8Array, sender: Wire): boolean;
    /** All its bytes, once; null before they are there. */
    flush(): Uint8Array | null;
  }

  interface TrackerEvents {
    /** An answer; what a tracker leaves out or makes up is its own business. */
    update: [answer: { readonly complete?: unknown; readonly incomplete?: unknown }];
  }

  interface TrackerClient extends EventEmitter<TrackerEvents> {
    /** Asks the trackers again. */
    update(): void;
  }

  interface DiscoveryEvents {
    warning: [error: Error];
    trackerAnnounce: [];
  }

  interface Discovery extends EventEmitter<DiscoveryEvents> {
    readonly tracker: TrackerClient | null;
    /** Tells the trackers that the download is complete. */
    complete(): void;
  }

  interface TorrentEvents {
    metadata: [];
    ready: [];
    done: [];
    error: [error: Error];
    warning: [error: Error];
    wire: [wire: Wire];
    verified: [index: number];
  }

  export interface Torrent extends EventEmitter<TorrentEvents> {
    readonly infoHash: string;
    readonly destroyed: boolean;
    readonly done: boolean;
    readonly client: Client | null;
    readonly bitfield: BitSet;
    readonly pieces: readonly (Piece | null)[];
    readonly wires: readonly Wire[];
    readonly discovery: Discovery | null;
    metadata: unknown;
    torrentFile: unknown;
    info: unknown;
    infoBuffer: unknown;
    /** Of each piece, hexadecimal. */
    _hashes: readonly string[];
    /** Who was asked for blocks of each piece. */
    _reservations: readonly unknown[];
    _rarityMap: { destroy(): void } | null;
    select(start: number, end: number): void;
    destroy(options: { destroyStore: boolean }): void;
    readonly _peers: ReadonlyMap<string, Peer>;
    readonly _numConns: number;
    _verifyPieces(callback: (error: Error | null) => void): void;
    _addPeer(peer: string, type: string, source: string): Peer | null;
    _addIncomingPeer(peer: Peer): void;
    _request(wire: Wire, piece: number, hotswap: boolean): boolean;
    /** Takes blocks of the piece from a slower peer; true when it did. */
    _hotswap: (wire: Wire, piece: number) => boolean;
    /** Asks every peer for more, if there is something to ask it for. */
    _update: () => void;
    _updateWire: (wire: Wire) => void;
    _updateSelections(): void;
    /** Chooses, every ten seconds, whom to serve. */
    _rechoke(): void;
  }

  /** https://github.com/mafintosh/abstract-chunk-store */
  export interface ChunkStore {
    readonly chunkLength: number;
    put(index: number, bytes: Uint8Array, callback: (error: Error | null) => void): void;
    get(
      index: number,
      options: { offset?: number; length?: number } | null,
      callback: (error: Error | null, bytes?: Uint8Array) => void,
    ): void;
    close(callback: (error: Error | null) => void): void;
    destroy(callback: (error: Error | null) => void): void;
  }

  interface TorrentOptions {
    /** Trackers, besides those that the .torrent names. */
    readonly announce?: readonly string[];
    readonly bitfield: Uint8Array;
    readonly deselect: true;
    readonly storeCacheSlots: 0;
    /** Peers that are served at once. */
    readonly uploads?: number;
    readonly preloadedStore: ChunkStore;
  }

  export interface ClientOptions {
    readonly torrentPort: number;
    readonly dhtPort?: number;
    /** Outgoing connections per torrent. */
    readonly maxConns?: number;
    readonly utPex?: boolean;
    readonly utp: false;
    readonly dht: boolean;
    readonly lsd: boolean;
    readonly natUpnp: false;
    readonly natPmp: false;
    readonly webSeeds: false;
    /** `wrtc: false` keeps WebSocket trackers, and with them WebRTC, out. */
    readonly tracker: { readonly wrtc: false };
    /** 0 plaintext only, 1 encrypted with plaintext as a fallback. */
    readonly secure: 0 | 1;
  }

  interface ClientEvents {
    listening: [];
    error: [error: Error];
  }

  export type Client = WebTorrent;

  export default class WebTorrent extends EventEmitter<ClientEvents> {
    constructor(options: ClientOptions);
    readonly peerId: string;
    readonly torrentPort: number;
    readonly torrents: readonly Torrent[];
    secure: 0 | 1;
    add(torrent: Uint8Array, options: TorrentOptions): Torrent;
    /** Into a directory, with webtorrent's own store. */
    add(torrent: Uint8Array, options: { readonly path: string }): Torrent;
    /** Bytes per second; -1 is no limit. */
    throttleDownload(rate: number): void;
    throttleUpload(rate: number): void;
    destroy(callback: () => void): void;
  }
}
