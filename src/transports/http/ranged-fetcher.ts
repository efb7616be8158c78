import type { HttpClient } from './client.ts';
import type { FetchJob } from './fetch-job.ts';
import { Fetch, type Shared } from './fetch.ts';
import { FileVersions } from './file-versions.ts';
import { HostSlots } from './host-slots.ts';
import { UnitHasher } from './unit-hasher.ts';
import { UnitMemory } from './unit-memory.ts';
import type { Ledger } from '../../transfer/ledger.ts';

/** Connections at once: per fetch (one task and method), per file, and per host over all fetches. */
export interface Connections {
  readonly task: number;
  readonly file: number;
  readonly host: number;
}

/**
 * Fetches extents over HTTP in parallel ranges. Every unit is hashed in memory, off the event loop, before it is written: wrong bytes never
 * touch the disk. One try: what is verified stays, whatever happens; at the end the first thing that went wrong is thrown.
 */
export class RangedFetcher {
  readonly #shared: Shared;
  /** They outlive a try. */
  readonly #versions = new WeakMap<Ledger, FileVersions>();

  constructor({ bulk }: Pick<HttpClient, 'bulk'>, connections: () => Connections) {
    const slots = new HostSlots(() => connections().host);
    this.#shared = { bulk, connections, slots, memory: new UnitMemory(), hasher: new UnitHasher() };
  }

  async fetch(job: FetchJob, signal: AbortSignal): Promise<void> {
    let versions = this.#versions.get(job.ledger);
    if (!versions) this.#versions.set(job.ledger, (versions = new FileVersions(job.ledger)));
    const fetch = new Fetch(this.#shared, job, versions);
    await this.#shared.hasher.during(() => fetch.run(signal));
    await job.ledger.flush();
  }
}
