import type { IncomingMessage } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';
import { finished } from 'node:stream/promises';

/** Four times what Node reads at once. */
const READ_BYTES = 256 * 1024;
/** Where a block of that size has to wait, for a limit or a disk, the next ones are shorter: the source must not see a connection that stands still for long. */
const LEAST_READ_BYTES = 16 * 1024;
const LONG_WAIT_MS = 250;
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*(?=\r\n)/gi;

const readers = new WeakMap<object, BulkReader>();

/**
 * Reads a connection in large blocks, and lets the body of a plain partial answer go past the HTTP parser: read into the same two buffers again and again, it is
 * neither copied twice nor left to the garbage collector, which is most of what a byte costs. The parser sees such an answer with a body of one byte,
 * and gets that when the body is over. So the connection is kept, or found cut, as always; every other answer is the parser's alone.
 */
export class BulkReader {
  /** The memory that is read into. A chunk with the end of a head in it is a copy, and lies elsewhere. */
  readonly #own = new WeakSet<ArrayBufferLike>();
  /** Where the next bytes are read to. */
  #filling: Buffer = this.#allocate();
  readonly #free: Buffer[] = [];
  #readBytes = READ_BYTES;
  #socket: Socket | undefined;
  #state: 'parser' | 'head' | 'body' = 'parser';
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the body that have not come. */
  #left = 0;
  /** Came and was not asked for. Reading is stopped then, but Node may read once more. */
  readonly #ready: Buffer[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;

  static of(socket: object): BulkReader | undefined {
    return readers.get(socket);
  }

  /** What the socket is to be made with. */
  get onread(): OnReadOpts {
    return {
      buffer: () => this.#filling.subarray(0, this.#readBytes),
      callback: bytes => this.#take(this.#filling.subarray(0, bytes)),
    };
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    readers.set(socket, this);
  }

  /** The next answer's body may go past the parser. */
  expectBody(): void {
    this.#state = 'head';
    this.#head = Buffer.alloc(0);
  }

  /** Length of the body that goes past the parser, if one does. */
  get bodyBytes(): number | undefined {
    return this.#state === 'body' ? this.#ready.reduce((sum, { length }) => sum + length, this.#left) : undefined;
  }

  /** The body; a chunk is good until the next one is asked for. Throws when the message is destroyed or cut. */
  async *body(message: IncomingMessage): AsyncGenerator<Buffer> {
    const cut = () => this.#waiting?.reject(message.errored ?? new Error('the connection was cut'));
    message.on('error', () => undefined).once('close', cut);
    while (this.#ready.length > 0 || this.#left > 0) {
      const chunk = this.#ready.shift();
      if (!chunk) {
        await this.#more(message);
        continue;
      }
      const begin = performance.now();
      yield chunk;
      this.#suit(performance.now() - begin);
      if (this.#own.has(chunk.buffer)) this.#free.push(Buffer.from(chunk.buffer));
    }
    this.#state = 'parser';
    this.#socket?.push(Buffer.alloc(1));
    this.#socket?.resume();
    await finished(message.resume());
  }

  #allocate(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.#own.add(buffer.buffer);
    return buffer;
  }

  /** The reader took a block for so long. */
  #suit(ms: number): void {
    const wanted = ms > LONG_WAIT_MS ? this.#readBytes / 2 : this.#readBytes * 2;
    this.#readBytes = Math.min(Math.max(wanted, LEAST_READ_BYTES), READ_BYTES);
  }

  async #more(message: IncomingMessage): Promise<void> {
    if (message.destroyed) throw message.errored ?? new Error('the connection was cut');
    this.#waiting = Promise.withResolvers<void>();
    this.#socket?.resume();
    await this.#waiting.promise;
  }

  /** False stops the reading. */
  #take(chunk: Buffer): boolean {
    if (this.#state === 'body') return this.#deliver(chunk);
    // The buffer is read into again at once.
    if (this.#state === 'parser') return this.#socket?.push(Buffer.from(chunk)) ?? false;
    return this.#takeHead(Buffer.concat([this.#head, chunk]));
  }

  #takeHead(bytes: Buffer): boolean {
    this.#head = bytes;
    const end = bytes.indexOf(HEAD_END) + HEAD_END.length;
    if (end < HEAD_END.length && bytes.length < MAX_HEAD_BYTES) return true;
    const plain = end < HEAD_END.length ? undefined : shortened(bytes.toString('latin1', 0, end));
    if (!plain) return this.#leaveToParser(bytes);
    this.#state = 'body';
    this.#left = plain.bodyBytes;
    this.#socket?.push(Buffer.from(plain.head, 'latin1'));
    return bytes.length === end || this.#deliver(bytes.subarray(end));
  }

  #leaveToParser(bytes: Buffer): boolean {
    this.#state = 'parser';
    return this.#socket?.push(bytes) ?? false;
  }

  #deliver(chunk: Buffer): boolean {
    const part = chunk.subarray(0, this.#left);
    this.#left -= part.length;
    if (part.length > 0) this.#ready.push(part);
    if (part.buffer === this.#filling.buffer) this.#filling = this.#free.pop() ?? this.#allocate();
    this.#waiting?.resolve();
    // More than was announced: the connection cannot be used again.
    if (part.length < chunk.length) this.#socket?.once('free', () => this.#socket?.destroy());
    return false;
  }
}

/** The head of a plain partial answer as the parser is to see it, and the length of the body; undefined for any other. */
function shortened(head: string): { head: string; bodyBytes: number } | undefined {
  const lengths = [...head.matchAll(LENGTH)];
  const bodyBytes = Number(lengths[0]?.[1]);
  const isPlain = head.startsWith('HTTP/1.1 206 ') && lengths.length === 1 && !/\r\ntransfer-encoding/i.test(head);
  return isPlain && bodyBytes > 0 ? { head: head.replace(LENGTH, '\r\nContent-Length: 1'), bodyBytes } : undefined;
}
