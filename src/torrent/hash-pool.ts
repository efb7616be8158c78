import { Worker } from 'node:worker_threads';
import type { HashJob, HashResult, HashStep } from './hash-worker.ts';

interface Lane {
  readonly worker: Worker;
  /** Bytes handed over and not yet hashed. */
  load: number;
}

/**
 * Threads that hash. Steps of one stream always go to the same thread, in order; a new stream goes to the thread with the least to do.
 */
export class HashPool {
  readonly #lanes: Lane[];
  readonly #streams = new Map<string, Lane>();
  readonly #waiting = new Map<number, { lane: Lane; bytes: number; settled: PromiseWithResolvers<HashResult> }>();
  #jobs = 0;
  /** Why a thread ended: nothing more is hashed then. */
  #failure: { readonly cause: unknown } | undefined;

  constructor(threads: number) {
    this.#lanes = Array.from({ length: threads }, () => ({
      worker: new Worker(new URL('hash-worker.ts', import.meta.url)),
      load: 0,
    }));
    for (const { worker } of this.#lanes) {
      worker.on('message', (result: HashResult) => this.#finish(result));
      worker.once('error', error => this.#fail(error));
    }
  }

  /** Hashes the steps of one block; resolves with the digests of the streams that were closed. The block may be used again after that. */
  async hash(block: SharedArrayBuffer, steps: readonly HashStep[]): Promise<Map<string, Uint8Array>> {
    if (this.#failure) throw this.#failure.cause;
    const byLane = new Map<Lane, HashStep[]>();
    for (const step of steps) {
      const lane = this.#laneOf(step);
      const own = byLane.get(lane);
      if (own) own.push(step);
      else byLane.set(lane, [step]);
      lane.load += step.end - step.start;
    }
    const jobs = [...byLane].map(([lane, own]) => this.#send(lane, block, own));
    const results = await Promise.all(jobs);
    return new Map(results.flatMap(({ digests }) => digests.map(({ stream, sha1 }) => [stream, sha1] as const)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }

  #laneOf({ stream, close }: HashStep): Lane {
    const lane =
      this.#streams.get(stream) ?? this.#lanes.reduce((least, other) => (other.load < least.load ? other : least));
    if (close) this.#streams.delete(stream);
    else this.#streams.set(stream, lane);
    return lane;
  }

  #send(lane: Lane, block: SharedArrayBuffer, steps: readonly HashStep[]): Promise<HashResult> {
    const id = this.#jobs++;
    const bytes = steps.reduce((sum, { start, end }) => sum + end - start, 0);
    const settled = Promise.withResolvers<HashResult>();
    this.#waiting.set(id, { lane, bytes, settled });
    lane.worker.postMessage({ id, block, steps } satisfies HashJob);
    return settled.promise;
  }

  #finish(result: HashResult): void {
    const job = this.#waiting.get(result.id);
    if (!job) return;
    this.#waiting.delete(result.id);
    job.lane.load -= job.bytes;
    job.settled.resolve(result);
  }

  #fail(error: unknown): void {
    this.#failure ??= { cause: error };
    for (const { settled } of this.#waiting.values()) settled.reject(error);
    this.#waiting.clear();
  }
}
