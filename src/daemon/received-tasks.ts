import type { ScheduledShare, ScheduledTask } from '../api/node.ts';
import { Breather } from '../core/breather.ts';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { ReceivingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import type { DatedTask } from '../roles/deadline-watch.ts';
import { LIST_KEY, type TaskFile } from '../task/task-file.ts';
import { isPriortime } from '../task/task-timetable.ts';
import type { Timetable } from '../task/timetable.ts';
import type { Ledger } from '../transfer/ledger.ts';
import { type Amounts, hoursOf, Outlook, type OutlookComponents, type Prospect } from './outlook.ts';
import { type Card, TaskCards } from './task-cards.ts';
import { runningView } from './views.ts';

export interface ReceivedTasksComponents extends OutlookComponents {
  readonly store: TaskStore<ReceivingState>;
  /** Of what downloads; it takes a while to open after a start. */
  readonly ledgerOf: (name: string) => Ledger | undefined;
  readonly hasGivenUp: (name: string) => boolean;
  readonly isPaused: (name: string) => boolean;
  readonly clock: Clock;
}

export interface ReceivedTasksRules {
  /** That this node fetches. */
  readonly methods: readonly Method[];
  /** A task that is here stays in downloading while it is served (BR-05). */
  readonly servesInDownloading: boolean;
}

/** What runs and waits on the receiving side. It is looked at often: a task file is read again only when it changed. */
export class ReceivedTasks {
  readonly #c: ReceivedTasksComponents;
  readonly #rules: ReceivedTasksRules;
  readonly cards: TaskCards<ReceivingState>;

  constructor(components: ReceivedTasksComponents, rules: ReceivedTasksRules) {
    this.#c = components;
    this.#rules = rules;
    this.cards = new TaskCards(components.store, rules.methods);
  }

  /** What downloads, then what is queued, each oldest first, with the shares of the methods that this node fetches; with `isWanted`, those of them. */
  async list(isWanted: (name: string) => boolean = () => true): Promise<ScheduledTask[]> {
    // In this order a task that moves on meanwhile is met once at least.
    const queued = await this.cards.of('queues');
    const downloading = await this.cards.of('downloading');
    const outlook = new Outlook(this.#c, this.#c.clock.now());
    const tasks: ScheduledTask[] = [];
    const breather = new Breather();
    for (const [name, card] of new Map([...downloading, ...[...queued].filter(([name]) => !downloading.has(name))])) {
      if (!isWanted(name)) continue;
      await breather.step();
      const state = downloading.has(name) ? 'downloading' : 'queues';
      const task = await onlyLook(() => this.#scheduled(name, state, card, outlook));
      if (task) tasks.push(task);
    }
    return tasks;
  }

  /** The hours that they follow, each once by method. Of tasks whose hours cannot be read none. */
  async timetables(): Promise<ReadonlyMap<Method, ReadonlySet<Timetable>>> {
    const found = new Map(this.#rules.methods.map(method => [method, new Set<Timetable>()]));
    for (const state of ['queues', 'downloading'] as const) {
      for (const { task, listed } of (await this.cards.of(state)).values()) {
        for (const method of this.#rules.methods) {
          const timetable = listed[method] === undefined ? undefined : hoursOf(this.#c.timetableOf, task, method);
          if (timetable) found.get(method)?.add(timetable);
        }
      }
    }
    return found;
  }

  /** Those of them that have a deadline. */
  async dated(): Promise<DatedTask[]> {
    return (await this.list()).flatMap(({ name, deadline, forecast: { earliest, end }, isAtRisk }) =>
      deadline === undefined ? [] : [{ name, deadline, earliest, isAtRisk, isKnown: end !== undefined }],
    );
  }

  /** Of one task that is looked at by itself. */
  prospect(name: string, task: TaskFile, amounts: Amounts, isDownloading: boolean): Prospect {
    return this.#prospect(name, task, amounts, isDownloading, new Outlook(this.#c, this.#c.clock.now()));
  }

  #prospect(name: string, task: TaskFile, amounts: Amounts, isDownloading: boolean, outlook: Outlook): Prospect {
    if (this.#c.isPaused(name)) return outlook.unknown(task);
    if (isDownloading && this.#c.hasGivenUp(name)) return outlook.never(task);
    if (isDownloading && !this.#c.ledgerOf(name)) return outlook.unknown(task);
    return outlook.prospect(name, task, amounts);
  }

  /** The task with as much of its lists as the ledger makes matter: all where a method took over, else what is partly here, which is looked up once. */
  async #withLists({ task, listers }: Card, ledger: Ledger, path: string): Promise<TaskFile> {
    if (ledger.owners.size > 0) return await readTaskFile(path);
    const partly = [...ledger.partlyLocal];
    if (partly.some(file => !listers.has(file))) {
      const whole = await readTaskFile(path);
      for (const file of partly)
        listers.set(
          file,
          METHODS.find(method => whole[LIST_KEY[method]].includes(file)),
        );
    }
    const of = (method: Method) => partly.filter(file => listers.get(file) === method);
    return { ...task, btlist: of('bt'), obslist: of('obs'), cdnlist: of('cdn') };
  }

  async #scheduled(
    name: string,
    state: 'queues' | 'downloading',
    card: Card,
    outlook: Outlook,
  ): Promise<ScheduledTask> {
    const { task, listed } = card;
    const ledger = state === 'downloading' ? this.#c.ledgerOf(name) : undefined;
    const shifted = ledger ? await this.#withLists(card, ledger, this.#c.store.path(state, name)) : task;
    const methods = this.#rules.methods.flatMap(method => {
      const { bytes, total, rate } = runningView(method, listed[method] ?? 0, shifted, ledger);
      if (listed[method] === undefined && total === 0) return [];
      const window = this.#c.timetableOf(task, method);
      // The meter's mean goes on for some seconds after a window closed.
      const moving = window.isOpen(this.#c.clock.now()) ? rate : 0;
      return [[method, { window, bytes, total, rate: moving }] as const];
    });
    const shares = Object.fromEntries(methods);
    const isDownloading = state === 'downloading';
    const prospect = this.#prospect(name, task, shares, isDownloading, outlook);
    const isServed = this.#rules.servesInDownloading && isDownloading && isHere(methods, ledger);
    return {
      name,
      isDownloading,
      ratio: task['bt-obs-cdn'],
      policy: isPriortime(task) ? 'priortime' : 'fulltime',
      methods: shares,
      ...prospect,
      isAtRisk: prospect.isAtRisk && (!isServed || this.#c.hasGivenUp(name)),
    };
  }
}

/** Right after a start the ledger of what is served is not open yet. */
const isHere = (shares: readonly (readonly [Method, ScheduledShare])[], ledger: Ledger | undefined) =>
  ledger === undefined || shares.every(([, { bytes, total }]) => bytes >= total);

/** A file that has gone or cannot be read is for those who work with it. */
async function onlyLook<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BftError) return undefined;
    throw error;
  }
}
