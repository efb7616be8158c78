import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Ticks } from '../../../src/core/ticks.ts';
import { unlessAborted } from '../../../src/core/unless-aborted.ts';

/** Ticks when a test says so. */
export class HandTicks implements Ticks {
  #next = Promise.withResolvers<void>();

  next(signal: AbortSignal): Promise<void> {
    return unlessAborted(this.#next.promise, signal);
  }

  tick(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }
}

interface Heard {
  readonly id: number | undefined;
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** Listens to Server-Sent Events over a real connection. */
export class Listener {
  readonly answer: IncomingMessage;
  /** Comments, too. */
  readonly blocks: AsyncGenerator<string>;

  private constructor(answer: IncomingMessage) {
    this.answer = answer;
    this.blocks = blocksOf(answer);
  }

  static async connect(port: number, path: string): Promise<Listener> {
    const client = request({ host: '127.0.0.1', port, path, agent: false }).end();
    const [answer] = (await once(client, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    return new Listener(answer);
  }

  async next(): Promise<Heard> {
    const text = await this.nextBlock();
    if (text.startsWith('retry:')) return this.next();
    const fields = new Map(text.split('\n').map(line => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
    const id = fields.get('id');
    const data = JSON.parse(fields.get('data') ?? '{}') as Heard['data'];
    return { id: id === undefined ? undefined : Number(id), name: fields.get('event') ?? '', data };
  }

  async nextBlock(): Promise<string> {
    const block: IteratorResult<string, unknown> = await this.blocks.next();
    if (block.done) throw new Error('the stream has ended');
    return block.value;
  }

  /** Nothing comes any more. */
  async ended(): Promise<void> {
    for await (const block of this.blocks) assert.equal(block, '');
  }

  close(): void {
    this.answer.destroy();
  }
}

async function* blocksOf(answer: IncomingMessage): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
}
