import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HostilePeer {
  readonly what: string;
  /** Whether the engine must hang up. */
  readonly isCut: boolean;
  /** What it sends after it has connected, and may go on sending. */
  readonly act: (peer: Speaker) => void;
}

const KIB = 1024;
/** Messages (BEP 3, 5, 6, 10). */
const CHOKE = 0;
const UNCHOKE = 1;
const INTERESTED = 2;
const HAVE = 4;
const BITFIELD = 5;
const REQUEST = 6;
const PIECE = 7;
const CANCEL = 8;
const PORT = 9;
const SUGGEST = 13;
const HAVE_ALL = 14;
const REJECT = 16;
const ALLOWED_FAST = 17;
const EXTENDED = 20;
/** BEP 10 and BEP 6. */
const EXTENSIONS = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0x04]);

/** A peer that may say anything. */
export class Speaker {
  readonly socket: Socket;
  /** Resolves when the connection has ended, however. */
  readonly cutOff: Promise<void>;
  readonly #infoHash: Buffer;
  readonly #peerId: Buffer;

  static async dial(port: number, infoHash: string, number: number): Promise<Speaker> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Speaker(
      socket,
      Buffer.from(infoHash, 'hex'),
      Buffer.from(`-HO0001-${String(number).padStart(12, '0')}`),
    );
  }

  private constructor(socket: Socket, infoHash: Buffer, peerId: Buffer) {
    this.socket = socket;
    this.#infoHash = infoHash;
    this.#peerId = peerId;
    this.cutOff = new Promise(resolve => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.resume();
  }

  greet({ extensions = EXTENSIONS, infoHash = this.#infoHash } = {}): this {
    return this.raw(Buffer.concat([Buffer.from('\x13BitTorrent protocol'), extensions, infoHash, this.#peerId]));
  }

  say(id: number, ...parts: (number | Buffer | string)[]): this {
    const payload = Buffer.concat([Buffer.from([id]), ...parts.map(toBytes)]);
    return this.raw(uint32(payload.length), payload);
  }

  raw(...parts: (Buffer | string)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  repeat(times: number, work: (index: number) => void): this {
    for (let index = 0; index < times; index++) work(index);
    return this;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function toBytes(part: number | Buffer | string): Buffer {
  return typeof part === 'number' ? uint32(part) : Buffer.from(part);
}

const cut = (what: string, act: (peer: Speaker) => void): HostilePeer => ({ what, isCut: true, act });
const borne = (what: string, act: (peer: Speaker) => void): HostilePeer => ({ what, isCut: false, act });
/** After both handshakes. */
const greeted = (act: (peer: Speaker) => void) => (peer: Speaker) => {
  peer.greet().socket.once('data', () => act(peer));
};
const handshake = (peer: Speaker, dictionary: string) => peer.say(EXTENDED, Buffer.from([0]), dictionary);
/** IPv4: unspecified, loopback, private, multicast, broadcast, port 0. */
const ODD_ADDRESSES = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 80]),
  Buffer.from([127, 0, 0, 1, 0, 22]),
  Buffer.from([10, 0, 0, 1, 0, 22]),
  Buffer.from([224, 0, 0, 1, 0, 80]),
  Buffer.from([255, 255, 255, 255, 0, 80]),
  Buffer.from([127, 0, 0, 2, 0, 0]),
]);
const pexOf = (bytes: Buffer) => Buffer.concat([Buffer.from(`d5:added${bytes.length}:`), bytes, Buffer.from('e')]);

/** What the other end may be. The torrent has 16 pieces of 64 KiB. */
export const HOSTILE_PEERS: readonly HostilePeer[] = [
  borne('speaks another protocol', peer => peer.raw('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(30))),
  borne('says another name of the protocol', peer => peer.raw('\x13BitTorrent protocoL', Buffer.alloc(48))),
  cut('wants another torrent', peer => peer.greet({ infoHash: Buffer.alloc(20, 7) })),
  cut(
    'announces a message of 2 GiB and sends it',
    greeted(peer => peer.raw(uint32(2 ** 31 - 1), Buffer.alloc(KIB * KIB))),
  ),
  cut(
    'announces a message of 4 GiB',
    greeted(peer => peer.raw(uint32(2 ** 32 - 1), Buffer.alloc(KIB))),
  ),
  cut(
    'sends a bitfield that is too short',
    greeted(peer => peer.say(BITFIELD, Buffer.alloc(1))),
  ),
  cut(
    'sends a bitfield that is too long',
    greeted(peer => peer.say(BITFIELD, Buffer.alloc(200 * KIB, 0xff))),
  ),
  cut(
    'has a piece beyond the end',
    greeted(peer => peer.say(HAVE, 16)),
  ),
  cut(
    'has piece -1',
    greeted(peer => peer.say(HAVE, 2 ** 32 - 1)),
  ),
  cut(
    'wants a piece beyond the end',
    greeted(peer => peer.say(REQUEST, 16, 0, 16 * KIB)),
  ),
  cut(
    'wants bytes beyond a piece',
    greeted(peer => peer.say(REQUEST, 0, 60 * KIB, 16 * KIB)),
  ),
  cut(
    'wants from before a piece',
    greeted(peer => peer.say(REQUEST, 0, 2 ** 32 - 1, 16 * KIB)),
  ),
  cut(
    'wants a megabyte at once',
    greeted(peer => peer.say(REQUEST, 0, 0, KIB * KIB)),
  ),
  cut(
    'wants nothing at all',
    greeted(peer => peer.say(REQUEST, 0, 0, 0)),
  ),
  cut(
    'sends half a request',
    greeted(peer => peer.say(REQUEST, Buffer.from([0, 0]))),
  ),
  cut('has all without having said that it is fast', peer => peer.greet({ extensions: Buffer.alloc(8) }).say(HAVE_ALL)),
  cut(
    'speaks of peers all the time',
    greeted(peer => {
      handshake(peer, 'd1:md6:ut_pexi1eee').repeat(40, () =>
        peer.say(EXTENDED, Buffer.from([2]), pexOf(ODD_ADDRESSES)),
      );
    }),
  ),
  cut(
    'asks without end and reads nothing',
    greeted(peer => {
      peer.socket.pause();
      const ask = () => peer.repeat(10_000, index => peer.say(REQUEST, index % 16, 0, 16 * KIB));
      peer.say(INTERESTED);
      // It never reads; that it was cut off it learns from what it cannot send any more.
      const timer = setInterval(ask, 200);
      peer.socket.once('close', () => clearInterval(timer));
    }),
  ),
  borne('says nothing', () => {}),
  borne('says half of its name', peer => peer.raw('\x13BitTorrent')),
  borne('does not wait for an answer', peer =>
    peer.greet().say(INTERESTED).say(REQUEST, 99, 0, 1).say(BITFIELD, 'x').say(PIECE, 99, 0, 'x').say(EXTENDED, 'x'),
  ),
  borne('says nothing after its name', peer => peer.greet()),
  borne(
    'says something unknown',
    greeted(peer => peer.repeat(256, index => index > 20 && peer.say(index, 'x'.repeat(100)))),
  ),
  borne(
    'keeps alive without end',
    greeted(peer => peer.raw(Buffer.alloc(KIB * KIB))),
  ),
  borne(
    'chokes and unchokes',
    greeted(peer => peer.repeat(5000, () => peer.say(CHOKE).say(UNCHOKE))),
  ),
  borne(
    'sends what nobody asked for',
    greeted(peer => peer.repeat(20, () => peer.say(PIECE, 0, 0, Buffer.alloc(16 * KIB)))),
  ),
  borne(
    'sends an empty piece',
    greeted(peer => peer.say(PIECE, Buffer.alloc(0)).say(PIECE, 99, 99, Buffer.alloc(0))),
  ),
  borne(
    'takes back what it did not ask for',
    greeted(peer => peer.say(CANCEL, 99, 0, 1).say(REJECT, 99, 0, 1)),
  ),
  borne(
    'suggests and allows what is not there',
    greeted(peer =>
      peer.repeat(1000, index => {
        peer.say(SUGGEST, index * 1000).say(ALLOWED_FAST, index * 1000);
      }),
    ),
  ),
  borne(
    'names a port of the DHT',
    greeted(peer => peer.say(PORT, Buffer.from([0])).say(PORT, Buffer.from([0, 0]))),
  ),
  borne(
    'nests its handshake deep',
    greeted(peer => handshake(peer, 'l'.repeat(200 * KIB))),
  ),
  borne(
    'shakes hands with a list',
    greeted(peer => handshake(peer, 'le')),
  ),
  borne(
    'shakes hands with nothing',
    greeted(peer => handshake(peer, '')),
  ),
  borne(
    'knows odd extensions',
    greeted(peer => handshake(peer, 'd1:md9:__proto__i1e6:ut_pexle11:ut_metadatadeee')),
  ),
  borne(
    'has odd properties',
    greeted(peer => handshake(peer, 'd1:mi1e1:pi-1e4:reqqi-5e13:metadata_sizei99999999999999ee')),
  ),
  borne(
    'has no reqq',
    greeted(peer => handshake(peer, 'd1:pl1:ae4:reqq3:alle')),
  ),
  borne(
    'asks for the torrent again and again',
    greeted(peer => {
      handshake(peer, 'd1:md11:ut_metadatai3eee').repeat(5000, index => {
        peer.say(EXTENDED, Buffer.from([1 + (index % 4)]), 'd8:msg_typei0e5:piecei0ee');
      });
    }),
  ),
  borne(
    'sends messages of extensions that it does not know',
    greeted(peer =>
      peer.repeat(256, index => {
        peer.say(EXTENDED, Buffer.from([index]), 'd8:msg_typei0e5:piecei0ee');
      }),
    ),
  ),
  borne(
    'names peers at odd addresses',
    greeted(peer => {
      handshake(peer, 'd1:md6:ut_pexi1eee').say(EXTENDED, Buffer.from([2]), pexOf(ODD_ADDRESSES));
    }),
  ),
  borne(
    'names half a peer',
    greeted(peer => handshake(peer, 'd1:md6:ut_pexi1eee').say(EXTENDED, Buffer.from([2]), pexOf(Buffer.alloc(7)))),
  ),
  borne(
    'nests its peers deep',
    greeted(peer => handshake(peer, 'd1:md6:ut_pexi1eee').say(EXTENDED, Buffer.from([2]), 'd5:added'.repeat(20_000))),
  ),
  borne(
    'does not have what it never had',
    greeted(peer => peer.say(EXTENDED, Buffer.from([3]), uint32(2 ** 32 - 1)).say(EXTENDED, Buffer.from([3]))),
  ),
];
