import type { Context } from 'koa';
import { BftError } from '../../core/errors.ts';
import type { Startable } from '../../core/lifecycle.ts';
import { EventStream } from './event-stream.ts';
import { Feed, type FeedComponents, type FeedSource } from './feed.ts';

const MOST = 64;
const RETRY_MS = 10_000;

/** All streams of a node, over all listeners. They end as soon as the daemon begins to stop. */
export class LiveStreams implements Startable {
  readonly name = 'live streams';
  readonly #c: FeedComponents;
  readonly #open = new Set<EventStream>();
  readonly #feeds = new Map<string, { join(stream: EventStream): Promise<void>; readonly isIdle: boolean }>();
  readonly #ending = new AbortController();

  constructor(components: FeedComponents) {
    this.#c = components;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#ending.abort();
    for (const stream of this.#open) stream.end();
    return Promise.resolve();
  }

  /** Lets a caller listen until one of the two has enough. Streams of the same key share one feed. Throws TOO_MANY_CALLS. */
  async open<T>(ctx: Context, key: string, source: FeedSource<T>): Promise<void> {
    if (ctx.method === 'HEAD') {
      ctx.type = 'text/event-stream';
      ctx.body = '';
      return;
    }
    if (this.#ending.signal.aborted) throw tooMany('the daemon stops: no stream is opened');
    if (this.#open.size >= MOST) throw tooMany(`${MOST} streams are open, as many as there may be`);
    const stream = new EventStream(ctx);
    const feed = this.#feeds.get(key) ?? new Feed(this.#c, source, this.#ending.signal);
    this.#open.add(stream);
    this.#feeds.set(key, feed);
    try {
      await feed.join(stream);
    } finally {
      this.#open.delete(stream);
      if (feed.isIdle) this.#feeds.delete(key);
    }
  }
}

const tooMany = (why: string) => new BftError('TOO_MANY_CALLS', why, { retryAfterMs: RETRY_MS });
