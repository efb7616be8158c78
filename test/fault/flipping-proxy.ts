import type { IncomingMessage } from 'node:http';
import { ForwardingProxy } from '../transports/forwarding-proxy.ts';

const FIRST_BYTE = /^bytes (\d+)-/;

/** Stands before a real server and spoils planted bytes of its answers, each of them once. */
export class FlippingProxy extends ForwardingProxy {
  /** Offsets that wait to be spoiled, by how the path ends. */
  readonly #planted = new Map<string, Set<number>>();
  #spoiled = 0;

  /** Wrong bytes that went out. */
  get spoiled(): number {
    return this.#spoiled;
  }

  /** Has the byte of that file spoiled when it is first sent to a GET. */
  plant(file: string, offset: number): void {
    const path = `/${file}`;
    this.#planted.set(path, (this.#planted.get(path) ?? new Set()).add(offset));
  }

  protected async *spoil(answer: IncomingMessage, url: string): AsyncGenerator<Buffer> {
    const offsets = this.#offsetsOf(url);

    let at = Number(FIRST_BYTE.exec(answer.headers['content-range'] ?? '')?.[1] ?? 0);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (const offset of offsets) {
        if (offset < at || offset >= at + chunk.length) continue;
        chunk[offset - at]! ^= 1;
        offsets.delete(offset);
        this.#spoiled += 1;
      }
      at += chunk.length;
      yield chunk;
    }
  }

  #offsetsOf(url: string): Set<number> {
    const [path = ''] = decodeURIComponent(url).split('?');
    return [...this.#planted].find(([end]) => path.endsWith(end))?.[1] ?? new Set();
  }
}
