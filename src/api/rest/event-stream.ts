import type { Context } from 'koa';

/** Ticks (seconds) without an event after which a comment keeps the line open. */
const QUIET_TICKS = 15;
/** Bytes that a listener may be behind, beside what it began with. */
const MAX_BEHIND = 1024 * 1024;

/** Server-Sent Events to one listener (HTML, section 9.2). One that does not keep up is cut off: it comes again and begins anew. */
export class EventStream {
  /** Resolves when the connection is gone, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #ctx: Context;
  #bound = MAX_BEHIND;
  #quiet = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    ctx.res.once('close', resolve);
    if (ctx.res.destroyed) resolve();
  }

  /** Sends the head of the answer and what the listener begins with. */
  begin(first: string): void {
    const { res, req } = this.#ctx;
    if (res.writableEnded || res.destroyed) return;
    // The answer is ours from here on; that a listener goes is nothing to log.
    Object.assign(this.#ctx, { respond: false, onerror: () => undefined });
    req.socket.setTimeout(0);
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    this.#bound += Buffer.byteLength(first);
    this.#write(`retry: 3000\n\n${first}`);
  }

  send(event: string): void {
    this.#quiet = 0;
    this.#write(event);
  }

  /** Once a second. */
  tick(): void {
    if (++this.#quiet >= QUIET_TICKS) this.send(':\n\n');
  }

  /** What is under way still goes out, unless the listener is behind. */
  end(): void {
    const { res } = this.#ctx;
    if (res.writableNeedDrain) res.destroy();
    else res.end();
  }

  #write(text: string): void {
    const { res } = this.#ctx;
    if (res.writableEnded || res.destroyed) return;
    res.write(text);
    if (res.writableLength > this.#bound) res.destroy();
  }
}

/** The text of an event. `data` is JSON, which has no line ends. */
export const eventText = (name: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
