import type { Transport } from './transport.ts';

/** How far one method of a sent task is published: `beginning` is also what is being uploaded. */
export type Publication = 'beginning' | 'available';

/** What is published by now, by item and method: known without asking a bucket or a CDN, so that lists can say it once a second. */
export class Publications {
  readonly #known = new Map<string, Publication>();

  /** Undefined: nothing is offered, or it failed. `key` is the item's. */
  of(key: string, method: string): Publication | undefined {
    return this.#known.get(`${method} ${key}`);
  }

  /** Notes what is published, until it is withdrawn. */
  noting(transport: Transport): Transport {
    const { method } = transport;
    return {
      method,
      status: item => transport.status(item),
      fetch: (item, extents, ledger, signal) => transport.fetch(item, extents, ledger, signal),
      withdraw: item => {
        this.#known.delete(`${method} ${item.key}`);
        return transport.withdraw(item);
      },
      publish: async (item, signal) => {
        const key = `${method} ${item.key}`;
        this.#known.set(key, 'beginning');
        try {
          await transport.publish(item, signal);
          this.#known.set(key, 'available');
        } catch (error) {
          this.#known.delete(key);
          throw error;
        }
      },
    };
  }
}
