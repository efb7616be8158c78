import type { HttpClient } from './client.ts';
import type { FetchJob } from './fetch-job.ts';
import { Fetch, type Shared } from './fetch.ts';
import { FileVersions } from './file-versions.ts';
import { HostSlots } from './host-slots.ts';
import { UnitHasher } from './unit-hasher.ts';
import { UnitMemory } from './unit-memory.ts';
import type { Method } from '../../core/method.ts';
import { ByteCap } from '../../transfer/byte-cap.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { Meter } from '../../transfer/meter.ts';
import { type Limiter, noLimits } from '../../transfer/rate-limits.ts';
import type { Throttle } from '../../transfer/token-bucket.ts';

/** Connections at once: per fetch (one task and method), per file, and per host over all fetches. */
export interface Connections {
  readonly task: number;
  readonly file: number;
  readonly host: number;
}

interface Components extends Pick<HttpClient, 'bulk'> {
  readonly limits?: Limiter;
}

/**
 * Fetches extents over HTTP in parallel ranges. Every unit is hashed in memory, off the event loop, before it is written: wrong bytes never
 * touch the disk. One try: what is verified stays, whatever happens; at the end the first thing that went wrong is thrown.
 */
export class RangedFetcher {
  readonly #shared: Shared;
  readonly #limits: Limiter;
  /** Bytes per task; 0: no cap. */
  readonly #capOf: (method: Method) => number;
  readonly #caps = new WeakMap<Meter, ByteCap>();
  /** They outlive a try. */
  readonly #versions = new WeakMap<Ledger, FileVersions>();

  constructor(
    { bulk, limits = noLimits }: Components,
    connections: () => Connections,
    capOf: (method: Method) => number = () => 0,
  ) {
    this.#limits = limits;
    this.#capOf = capOf;
    const slots = new HostSlots(() => connections().host);
    this.#shared = { bulk, connections, slots, memory: new UnitMemory(), hasher: new UnitHasher() };
  }

  async fetch(job: FetchJob, signal: AbortSignal): Promise<void> {
    let versions = this.#versions.get(job.ledger);
    if (!versions) this.#versions.set(job.ledger, (versions = new FileVersions(job.ledger)));
    const cap = this.#cap(job);
    const run = (throttle: Throttle) => new Fetch(this.#shared, { ...job, cap, throttle }, versions).run(signal);
    const { name } = job.item;
    await this.#shared.hasher.during(() => this.#limits.through(name, job.method, 'down', run));
    await job.ledger.flush();
  }

  /** One for all fetches of a task by a method. */
  #cap({ method, ledger }: FetchJob): ByteCap {
    const meter = ledger.meters[method];
    const known = this.#caps.get(meter) ?? new ByteCap(method, meter, () => this.#capOf(method));
    this.#caps.set(meter, known);
    return known;
  }
}
