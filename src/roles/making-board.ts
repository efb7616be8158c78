import { basename } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { BftError } from '../core/errors.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { Meter } from '../transfer/meter.ts';

/** So many failures are remembered; the oldest go first. */
const MOST_FAILURES = 1000;

/** How far a making is: bytes read of all, bytes per second over the last seconds, seconds that are left (undefined: nothing moves). */
export interface MakingProgress {
  readonly bytes: number;
  readonly total: number;
  readonly rate: number;
  readonly left: number | undefined;
}

/** A making that runs, or the last one of its package, which failed. `name` is the task file's. */
export interface MakingEntry extends MakingProgress {
  readonly name: string;
  readonly taskfile: string;
  readonly dcppath: string;
  readonly failure: BftError | undefined;
}

interface Counted {
  readonly request: GentaskRequest;
  readonly meter: Meter;
  bytes: number;
  total: number;
}

/** What is being made now and how far it is, and why the last try of others failed, by package. */
export class MakingBoard {
  readonly #clock: Clock;
  readonly #running = new Map<string, Counted>();
  readonly #failed = new Map<string, Counted & { readonly failure: BftError }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new try: what failed before is over. */
  begin(request: GentaskRequest, total: number): void {
    this.#failed.delete(request.dcppath);
    this.#running.set(request.dcppath, { request, meter: new Meter(this.#clock), bytes: 0, total });
  }

  /** `bytes` of `total` are read by now. After bringing a package its reading starts from 0 again. */
  advance(dcppath: string, bytes: number, total: number): void {
    const counted = this.#running.get(dcppath);
    if (!counted) return;
    if (bytes > counted.bytes) counted.meter.add('', bytes - counted.bytes);
    counted.bytes = bytes;
    counted.total = total;
  }

  end(dcppath: string): void {
    this.#running.delete(dcppath);
  }

  fail(request: GentaskRequest, failure: BftError): void {
    const { dcppath } = request;
    const { bytes, total } = this.#running.get(dcppath) ?? { bytes: 0, total: 0 };
    this.#failed.delete(dcppath);
    this.#failed.set(dcppath, { request, meter: new Meter(this.#clock), bytes, total, failure });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > MOST_FAILURES && oldest !== undefined) this.#failed.delete(oldest);
  }

  failureOf(dcppath: string): BftError | undefined {
    return this.#failed.get(dcppath)?.failure;
  }

  progressOf(dcppath: string): MakingProgress | undefined {
    const counted = this.#running.get(dcppath);
    return counted && progress(counted);
  }

  /** Undefined when it is made by now. */
  requestOf(dcppath: string): GentaskRequest | undefined {
    return (this.#running.get(dcppath) ?? this.#failed.get(dcppath))?.request;
  }

  list(): MakingEntry[] {
    const running = [...this.#running.values()].map(counted => entry(counted, undefined));
    return [...running, ...[...this.#failed.values()].map(counted => entry(counted, counted.failure))];
  }
}

function entry(counted: Counted, failure: BftError | undefined): MakingEntry {
  const { dcppath, taskfile } = counted.request;
  return { name: basename(taskfile), taskfile, dcppath, ...progress(counted), failure };
}

function progress({ meter, bytes, total }: Counted): MakingProgress {
  const rate = Math.round(meter.rate);
  return { bytes, total, rate, left: rate > 0 ? Math.ceil((total - bytes) / rate) : undefined };
}
