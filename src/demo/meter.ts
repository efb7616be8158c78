import type { Clock } from '../core/clock.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { Content } from './node/replies.ts';
import type { Flow, Flows } from './view/bars.ts';

const IDLE: Flow = { bytes: 0, total: 0, rate: 0 };

export interface MethodResult {
  /** Verified bytes, all receivers together. */
  readonly bytes: number;
  /** From the first order until the last receiver had this method's share; 0 when it had none. */
  readonly seconds: number;
}

/** Adds up what the receivers report. */
export class DeliveryMeter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #began: number;
  readonly #reports = new Map<string, NonNullable<Content['methods']>>();
  readonly #endedAt: Partial<Record<Method, number>> = {};
  readonly #expected: number;

  constructor(receivers: number, clock: Pick<Clock, 'monotonic'>) {
    this.#expected = receivers;
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  record(receiver: string, methods: NonNullable<Content['methods']>): void {
    this.#reports.set(receiver, methods);
    for (const method of METHODS) {
      if (this.#complete(method)) this.#endedAt[method] ??= this.#clock.monotonic();
    }
  }

  flows(): Flows {
    return { bt: this.#flow('bt'), obs: this.#flow('obs'), cdn: this.#flow('cdn') };
  }

  results(): Record<Method, MethodResult> {
    return { bt: this.#result('bt'), obs: this.#result('obs'), cdn: this.#result('cdn') };
  }

  /** Bytes that came by bt, by the address of the peer that gave them. */
  btSources(): ReadonlyMap<string, number> {
    const sources = new Map<string, number>();
    for (const { bt } of this.#reports.values()) {
      for (const [peer, bytes] of Object.entries(bt?.sources ?? {}))
        sources.set(peer, (sources.get(peer) ?? 0) + bytes);
    }
    return sources;
  }

  #complete(method: Method): boolean {
    const reports = [...this.#reports.values()].map(report => report[method]);
    return reports.length === this.#expected && reports.every(flow => flow !== undefined && flow.bytes >= flow.total);
  }

  #flow(method: Method): Flow {
    const reports = [...this.#reports.values()].map(report => report[method] ?? IDLE);
    const total = (key: keyof Flow) => reports.reduce((sum, flow) => sum + flow[key], 0);
    return { bytes: total('bytes'), total: total('total'), rate: total('rate') };
  }

  #result(method: Method): MethodResult {
    const { bytes } = this.#flow(method);
    const ended = this.#endedAt[method] ?? this.#clock.monotonic();
    return { bytes, seconds: bytes === 0 ? 0 : (ended - this.#began) / 1000 };
  }
}
