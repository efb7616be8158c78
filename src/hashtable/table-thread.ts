import { parentPort } from 'node:worker_threads';
import { errno } from '../core/errors.ts';
import { CALLS } from './table-calls.ts';
import { isBusy, isDamaged, removeDatabase } from './table-database.ts';
import type { TablePlace } from './table-place.ts';
import { databaseOf } from './recorded.ts';
import { type TableNotes, TableStore } from './table-store.ts';

type Calls = typeof CALLS;
export type CallName = keyof Calls;
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, unknown, ...infer Rest] ? Rest : [];
export type CallArgs<N extends CallName> = Tail<Parameters<Calls[N]>>;
export type CallResult<N extends CallName> = ReturnType<Calls[N]>;

export interface Question<N extends CallName = CallName> {
  readonly id: number;
  readonly place: TablePlace;
  readonly call: N;
  readonly args: CallArgs<N>;
}

/** An error has nothing but this on its way between threads. `foreign`: the table was not asked (decision 30). */
export interface TableAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly isForeign: boolean;
  /** Another process writes: the question wants to be put again. */
  readonly isBusy: boolean;
  readonly error?: { readonly message: string; readonly code: string | undefined };
  readonly notes: TableNotes;
}

/** What a table for another kind of node answers, too. */
const OF_ANY: ReadonlySet<CallName> = new Set<CallName>(['stats']);

/** The one table that the thread has open. */
class OpenTable {
  #store: TableStore | undefined;

  ask({ id, place, call, args }: Question): TableAnswer {
    try {
      return { id, ...this.#ask(place, call, args), isBusy: false, notes: this.#notes() };
    } catch (error) {
      if (!isDamaged(error)) return this.#failed(id, error);
      return this.#askAnew({ id, place, call, args }, error);
    }
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #ask(place: TablePlace, call: CallName, args: readonly unknown[]): { value?: unknown; isForeign: boolean } {
    const store = this.#open(place.path);
    store.refresh();
    if (store.isForeign(place.builtFor) && !OF_ANY.has(call)) return { isForeign: true };
    const run = CALLS[call] as (store: TableStore, place: TablePlace, ...args: readonly unknown[]) => unknown;
    return { value: run(store, place, ...args), isForeign: false };
  }

  /** What the database knew costs hashing, nothing more. */
  #askAnew(question: Question, cause: unknown): TableAnswer {
    this.close();
    try {
      removeDatabase(databaseOf(question.place.path));
      const answer = { id: question.id, isBusy: false, ...this.#ask(question.place, question.call, question.args) };
      return { ...answer, notes: { ...this.#notes(), renewed: plain(cause).message } };
    } catch (error) {
      return this.#failed(question.id, error);
    }
  }

  #failed(id: number, error: unknown): TableAnswer {
    return { id, isForeign: false, isBusy: isBusy(error), error: plain(error), notes: this.#notes() };
  }

  #open(path: string): TableStore {
    if (this.#store && (this.#store.path !== path || !this.#store.db.isInPlace)) this.close();
    this.#store ??= new TableStore(path);
    return this.#store;
  }

  #notes(): TableNotes {
    const notes = this.#store?.notes ?? {};
    if (this.#store) this.#store.notes = {};
    return notes;
  }
}

const plain = (error: unknown): { message: string; code: string | undefined } => ({
  message: error instanceof Error ? error.message : String(error),
  code: errno(error),
});

if (parentPort) {
  const port = parentPort;
  const table = new OpenTable();
  port.on('message', (question: Question | 'close') => {
    if (question === 'close') {
      table.close();
      port.close();
    } else port.postMessage(table.ask(question));
  });
}
