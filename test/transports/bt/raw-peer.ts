import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestTorrent } from './make-torrent.ts';

const HANDSHAKE_BYTES = 68;
const UNCHOKE = 1;
const INTERESTED = 2;
const HAVE = 4;
const BITFIELD = 5;
const REQUEST = 6;
const PIECE = 7;

export interface Block {
  readonly piece: number;
  readonly offset: number;
  readonly length: number;
}

/** A seed of our own making, straight on a socket (BEP 3), that may answer requests as badly as a test wants. */
export class RawPeer {
  /** As the engine sees it. */
  readonly address: string;
  readonly #socket: Socket;
  readonly #answer: (block: Block) => Buffer | undefined;
  #received = Buffer.alloc(0);
  #state: 'handshake' | 'messages' = 'handshake';
  #requests = 0;
  readonly #cutOff = Promise.withResolvers<void>();

  /**
   * Dials an engine and claims to have every piece, or says "have" of some. `answer` gives the bytes of a block, or nothing to stay silent.
   */
  static async dial(
    port: number,
    torrent: Pick<TestTorrent, 'infoHash' | 'metainfo'>,
    answer: (block: Block) => Buffer | undefined,
    {
      peerId = '-RW0001-abcdefghijkl',
      has = 'all',
      host = '127.0.0.1',
    }: { peerId?: string; has?: 'all' | readonly number[]; host?: string } = {},
  ): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: host });
    await once(socket, 'connect');
    const peer = new RawPeer(socket, answer);
    const protocol = Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.alloc(8)]);
    socket.write(Buffer.concat([protocol, Buffer.from(torrent.infoHash, 'hex'), Buffer.from(peerId)]));
    if (has === 'all') peer.#send(BITFIELD, fullBitfield(torrent.metainfo.pieces.length / 20));
    else for (const piece of has) peer.#send(HAVE, uint32(piece));
    peer.#send(UNCHOKE);
    return peer;
  }

  private constructor(socket: Socket, answer: (block: Block) => Buffer | undefined) {
    this.#socket = socket;
    this.address = `${socket.localAddress}:${socket.localPort}`;
    this.#answer = answer;
    socket.on('data', bytes => this.#onData(bytes));
    // Being cut off is what it is here for.
    socket.on('error', () => {});
    socket.on('close', () => this.#cutOff.resolve());
  }

  /** Resolves when the connection has ended. */
  get cutOff(): Promise<void> {
    return this.#cutOff.promise;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Says that it wants something. */
  beInterested(): void {
    this.#send(INTERESTED);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    if (this.#state === 'handshake') {
      if (this.#received.length < HANDSHAKE_BYTES) return;
      this.#received = this.#received.subarray(HANDSHAKE_BYTES);
      this.#state = 'messages';
    }
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE(0)) {
      const end = 4 + this.#received.readUInt32BE(0);
      this.#onMessage(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
  }

  #onMessage(message: Buffer): void {
    if (message[0] !== REQUEST) return;
    this.#requests++;
    const [piece, offset, length] = [message.readUInt32BE(1), message.readUInt32BE(5), message.readUInt32BE(9)];
    const bytes = this.#answer({ piece, offset, length });
    if (bytes) this.#send(PIECE, Buffer.concat([message.subarray(1, 9), bytes]));
  }

  #send(id: number, payload: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(payload.length + 1, 0);
    header[4] = id;
    this.#socket.write(Buffer.concat([header, payload]));
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function fullBitfield(pieces: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(pieces / 8), 0xff);
  const spare = bytes.length * 8 - pieces;
  bytes[bytes.length - 1]! &= 0xff << spare;
  return bytes;
}
