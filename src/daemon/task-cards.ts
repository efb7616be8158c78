import { BftError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import { type FileState, isSameState } from '../disk/file-state.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { LIST_KEY, listSize, type TaskFile } from '../task/task-file.ts';
import { type ListedTask, StateListing } from './state-listing.ts';

/** What is kept of a task file that was read: its lists may be long. */
export interface Card {
  readonly info: FileState;
  /** Without its lists. */
  readonly task: TaskFile;
  /** Bytes; only methods with a share. */
  readonly listed: Readonly<Partial<Record<Method, number>>>;
  /** How many files the package has. */
  readonly files: number;
  /** In whose list a file is, of those that were asked about. */
  readonly listers: Map<string, Method | undefined>;
}

interface Kept {
  listed: readonly ListedTask[];
  cards: ReadonlyMap<string, Card>;
  /** Of files that are no tasks (yet): not read again while they are the same. */
  unreadable: ReadonlyMap<string, FileState>;
}

/** The tasks of one direction, by state: a task file is read again only when it changed. What cannot be read is left to those who work with it. */
export class TaskCards<State extends string> {
  readonly #store: TaskStore<State>;
  readonly #methods: readonly Method[];
  readonly #listings = new Map<State, StateListing>();
  readonly #kept = new Map<State, Kept>();

  /** `methods`: those whose shares count on this node. */
  constructor(store: TaskStore<State>, methods: readonly Method[]) {
    this.#store = store;
    this.#methods = methods;
    store.on('changed', ({ from, to }) => {
      for (const state of [from, to]) if (state !== undefined) this.listing(state).forget();
    });
  }

  listing(state: State): StateListing {
    const known = this.#listings.get(state) ?? new StateListing(this.#store.directory(state));
    this.#listings.set(state, known);
    return known;
  }

  /** Oldest first. */
  async of(state: State): Promise<ReadonlyMap<string, Card>> {
    const listed = await this.listing(state).look();
    const before = this.#kept.get(state);
    if (before?.listed === listed) return before.cards;
    const cards = new Map<string, Card>();
    const unreadable = new Map<string, FileState>();
    for (const { name, info } of listed) {
      const card = await this.#card(state, name, info, before);
      if (card) cards.set(name, card);
      else unreadable.set(name, info);
    }
    this.#kept.set(state, { listed, cards, unreadable });
    return cards;
  }

  async #card(state: State, name: string, info: FileState, before: Kept | undefined): Promise<Card | undefined> {
    const known = before?.cards.get(name);
    if (known && isSameState(known.info, info)) return known;
    const refused = before?.unreadable.get(name);
    if (refused && isSameState(refused, info)) return undefined;
    try {
      return this.#cardOf(await readTaskFile(this.#store.path(state, name)), info);
    } catch (error) {
      if (error instanceof BftError) return undefined;
      throw error;
    }
  }

  #cardOf(task: TaskFile, info: FileState): Card {
    const shared = this.#methods.filter(method => task[LIST_KEY[method]].length > 0);
    const none = { filelist: [], localsamefiles: [], btlist: [], obslist: [], cdnlist: [], requesters: [] };
    return {
      info,
      task: { ...task, ...none },
      listed: Object.fromEntries(shared.map(method => [method, listSize(task, LIST_KEY[method])])),
      files: task.filelist.length,
      listers: new Map(),
    };
  }
}
