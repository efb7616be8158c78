import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface BadTracker {
  readonly what: string;
  /** What it does to a connection once a request has come. */
  readonly treat: (socket: Socket) => void;
}

const KIB = 1024;

function answer(body: string | Buffer, ...headers: string[]): Buffer {
  const bytes = Buffer.from(body);
  const head = ['HTTP/1.1 200 OK', `Content-Length: ${bytes.length}`, 'Connection: close', ...headers];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}

/** Addresses at which nobody listens, of this machine. */
function peers(count: number): Buffer {
  const bytes = Buffer.alloc(count * 6);
  for (let at = 0; at < count; at++) bytes.set([127, (at >> 16) & 255, (at >> 8) & 255, at & 255, 0, 1], at * 6);
  return bytes;
}

function withPeers(bytes: Buffer, key = 'peers'): Buffer {
  return Buffer.concat([Buffer.from(`d8:intervali60e${key.length}:${key}${bytes.length}:`), bytes, Buffer.from('e')]);
}

/** Writes again and again until the other side has had enough. */
function pour(socket: Socket, bytes: Buffer): void {
  while (!socket.destroyed && socket.write(bytes));
  socket.once('drain', () => pour(socket, bytes));
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 50);
  socket.once('close', () => clearInterval(timer));
}

const says = (what: string, body: string | Buffer, ...headers: string[]): BadTracker => ({
  what,
  treat: socket => void socket.end(answer(body, ...headers)),
});
const sends = (what: string, raw: string): BadTracker => ({ what, treat: socket => void socket.end(raw) });
const HEAD = 'HTTP/1.1 200 OK\r\n';
const CUT = `${HEAD}Content-Length: 1000\r\n\r\nd8:intervali1`;

/** Ways in which a tracker can be wrong. */
export const BAD_TRACKERS: readonly BadTracker[] = [
  { what: 'stalls', treat: () => {} },
  { what: 'stalls in its headers', treat: socket => void socket.write('HTTP/1.1 200 OK\r\nContent-Le') },
  { what: 'stalls in the middle of its answer', treat: socket => void socket.write(CUT) },
  { what: 'drips', treat: socket => drip(socket, `${HEAD}X-Slow: yes\r\n`) },
  { what: 'resets', treat: socket => socket.resetAndDestroy() },
  { what: 'hangs up', treat: socket => void socket.end() },
  sends('cuts its answer', CUT),
  sends('cuts its headers', 'HTTP/1.1 200 OK\r\nContent-Le'),
  sends('speaks no HTTP', 'nonsense\r\n\r\n'),
  sends('speaks another protocol', '\x13BitTorrent protocol'),
  sends('answers nonsense', `${HEAD}\r\nnonsense`),
  sends('sends less than it says', `${HEAD}Content-Length: 50\r\n\r\nde`),
  sends('sends more than it says', `${HEAD}Content-Length: 2\r\n\r\nde${'x'.repeat(KIB)}`),
  sends('says two lengths', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nde`),
  sends('breaks its chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nde\r\n`),
  sends('sends endless headers', `${HEAD}X-Long: ${'x'.repeat(512 * KIB)}\r\n\r\nde`),
  sends('redirects to itself', 'HTTP/1.1 302 Found\r\nLocation: ?again\r\nContent-Length: 0\r\n\r\n'),
  sends('redirects to nowhere', 'HTTP/1.1 302 Found\r\nLocation: gopher://[\r\nContent-Length: 0\r\n\r\n'),
  sends('does not find it', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
  sends('fails', 'HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nno!'),
  {
    what: 'sends an endless answer',
    treat: socket => {
      socket.write(`${HEAD}\r\n`);
      pour(socket, Buffer.alloc(64 * KIB, 'd'));
    },
  },
  says('packs a bomb', gzipSync(Buffer.alloc(32 * KIB * KIB)), 'Content-Encoding: gzip'),
  says('packs badly', 'de', 'Content-Encoding: gzip'),
  says('says nothing', ''),
  says('says a number', 'i7e'),
  says('says a list', 'le'),
  says('nests lists', 'l'.repeat(200 * KIB)),
  says('nests dictionaries', 'd1:a'.repeat(100 * KIB)),
  says('announces a huge string', 'd5:peers999999999999:e'),
  says('sets a prototype', 'd9:__proto__d8:intervali1eee'),
  says('asks for a negative pause', 'd8:intervali-1e5:peers0:e'),
  says('asks for no pause', 'd8:intervali0e5:peers0:e'),
  says('asks for an endless pause', 'd8:intervali99999999999999e5:peers0:e'),
  says('asks for a pause in words', 'd8:interval3:now5:peers0:e'),
  says('asks for a list of pauses', 'd8:intervalli1ei2ee5:peers0:e'),
  says('names a million peers', withPeers(peers(1_000_000))),
  says('names 100,000 peers', withPeers(peers(100_000))),
  says('names half a peer', withPeers(peers(2).subarray(0, 7))),
  says('names half a peer of IPv6', withPeers(Buffer.alloc(19), 'peers6')),
  says('names peers without an address', 'd8:intervali60e5:peersldei1el1:aeee'),
  says('names peers with odd addresses', 'd8:intervali60e5:peersld2:ip3:x y4:porti99999eed2:ipi4e4:port2:noeee'),
  says('counts nonsense', 'd8:completei-5e10:incomplete1:x8:intervali60e5:peers0:e'),
  says('has an endless name', `d10:tracker id${500 * KIB}:${'x'.repeat(500 * KIB)}e`),
  says('complains in a dictionary', 'd14:failure reasond1:a1:bee'),
  says('complains', 'd14:failure reason7:go awaye'),
  says('warns with a list', 'd8:intervali60e5:peers0:15:warning messageli1eee'),
];

/** Addresses that no tracker can have, or that nobody answers at. */
export const BAD_ADDRESSES: readonly string[] = [
  'udp://127.0.0.1:0/announce',
  'udp://127.0.0.1:0',
  'UDP://127.0.0.1:0/announce',
  'udp://127.0.0.1:00/announce',
  'udp://127.0.0.1:\n0/announce',
  'http://127.0.0.1:0/announce',
  'udp://127.0.0.1',
  'udp://[::1]:6969/announce',
  'udp://a..b:1/announce',
  'udp://%00:5/announce',
  'udp:///announce',
  'http://name:password@127.0.0.1:1/announce',
  'ws://127.0.0.1:0',
  'wss://127.0.0.1:1/announce',
  'gopher://127.0.0.1/announce',
];

/** A server that is each of them in turn, at `/<number>/announce`. */
export class BadTrackerServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** How often each was asked. */
  readonly asked: number[] = BAD_TRACKERS.map(() => 0);

  static async start(): Promise<BadTrackerServer> {
    const trackers = new BadTrackerServer();
    trackers.#server.listen(0, '127.0.0.1');
    await once(trackers.#server, 'listening');
    return trackers;
  }

  private constructor() {
    this.#server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      socket.once('data', request => {
        const number = Number(/^GET \/(\d+)\//.exec(request.toString('latin1'))?.[1]);
        const tracker = BAD_TRACKERS[number];
        this.asked[number]! += 1;
        tracker?.treat(socket);
      });
    });
  }

  address(number: number): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${number}/announce`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
