import { Worker } from 'node:worker_threads';
import type { TablePlace } from './table-place.ts';
import type { TableNotes } from './table-store.ts';
import type { CallArgs, CallName, CallResult, Question, TableAnswer } from './table-thread.ts';

/** MiB that the thread may take for objects; the database has its own. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };
/** Another process may be taking in a text of a million rows, ms. */
const BUSY_MS = 120_000;
/** What was asked is answered when it is closed, if that takes no longer, ms. */
const CLOSING_MS = 500;

export interface Answered<N extends CallName> {
  /** Undefined when the table is for another kind of node. */
  readonly value: CallResult<N> | undefined;
  readonly isForeign: boolean;
  readonly notes: TableNotes;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<TableAnswer>>;
}

/** The thread that has the table open: begun with the first question, begun anew after it failed. It keeps no process alive while nobody waits for it. */
export class TableClient {
  #thread: Thread | undefined;
  #questions = 0;
  #closings = 0;

  /** While another process writes, the question is put again, behind those that came meanwhile; rejects after two minutes of that. */
  async ask<N extends CallName>(place: TablePlace, call: N, args: CallArgs<N>): Promise<Answered<N>> {
    const closings = this.#closings;
    const end = performance.now() + BUSY_MS;
    for (;;) {
      const answer = await this.#send({ id: this.#questions++, place, call, args });
      const { value, isForeign, isBusy, error, notes } = answer;
      if (isBusy && closings === this.#closings && performance.now() < end) continue;
      if (error) throw Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code });
      return { value: value as CallResult<N> | undefined, isForeign, notes };
    }
  }

  /** What was asked before is answered, or rejected after half a second: a thread may be ended at any moment, as by a kill. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#closings += 1;
    if (!thread) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    thread.worker.once('exit', () => resolve());
    thread.worker.ref();
    thread.worker.postMessage('close');
    const late = setTimeout(() => void thread.worker.terminate(), CLOSING_MS);
    await ended;
    clearTimeout(late);
  }

  #send(question: Question): Promise<TableAnswer> {
    const { worker, waiting } = (this.#thread ??= this.#begin());
    const settled = Promise.withResolvers<TableAnswer>();
    waiting.set(question.id, settled);
    worker.ref();
    worker.postMessage(question);
    return settled.promise;
  }

  #begin(): Thread {
    const worker = new Worker(new URL('table-thread.ts', import.meta.url), { resourceLimits: MEMORY });
    const thread: Thread = { worker, waiting: new Map() };
    worker.on('message', (answer: TableAnswer) => this.#answer(thread, answer));
    worker.once('error', error => this.#end(thread, error));
    worker.once('exit', code => this.#end(thread, new Error(`the thread of the hash table ended with ${code}`)));
    return thread;
  }

  #answer(thread: Thread, answer: TableAnswer): void {
    const { worker, waiting } = thread;
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    // One that is being closed is waited for.
    if (waiting.size === 0 && thread === this.#thread) worker.unref();
  }

  #end(thread: Thread, error: unknown): void {
    if (this.#thread === thread) this.#thread = undefined;
    for (const { reject } of thread.waiting.values()) reject(error);
    thread.waiting.clear();
  }
}
