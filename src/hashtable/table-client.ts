import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TablePlace } from './table-place.ts';
import type { TableNotes } from './table-store.ts';
import type { CallArgs, CallName, CallResult, Question, TableAnswer } from './table-thread.ts';

/** MiB that the thread may take for objects; the database has its own. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

export interface Answered<N extends CallName> {
  /** Undefined when the table is for another kind of node. */
  readonly value: CallResult<N> | undefined;
  readonly isForeign: boolean;
  readonly notes: TableNotes;
}

/** The thread that has the table open: begun with the first question, begun anew after it failed. It keeps no process alive while nobody waits for it. */
export class TableClient {
  readonly #waiting = new Map<number, PromiseWithResolvers<TableAnswer>>();
  #worker: Worker | undefined;
  #questions = 0;

  async ask<N extends CallName>(place: TablePlace, call: N, args: CallArgs<N>): Promise<Answered<N>> {
    const id = this.#questions++;
    const settled = Promise.withResolvers<TableAnswer>();
    this.#waiting.set(id, settled);
    this.#send({ id, place, call, args });
    const { value, isForeign, error, notes } = await settled.promise;
    if (error) throw Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code });
    return { value: value as CallResult<N> | undefined, isForeign, notes };
  }

  /** What was asked before is answered. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const ended = once(worker, 'exit');
    worker.ref();
    worker.postMessage('close');
    await ended;
  }

  #send(question: Question): void {
    const worker = (this.#worker ??= this.#begin());
    worker.ref();
    worker.postMessage(question);
  }

  #begin(): Worker {
    const worker = new Worker(new URL('table-thread.ts', import.meta.url), { resourceLimits: MEMORY });
    worker.on('message', (answer: TableAnswer) => this.#answer(worker, answer));
    worker.once('error', error => this.#fail(worker, error));
    worker.once('exit', code => this.#fail(worker, new Error(`the thread of the hash table ended with ${code}`)));
    return worker;
  }

  #answer(worker: Worker, answer: TableAnswer): void {
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) worker.unref();
  }

  #fail(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    else return;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
