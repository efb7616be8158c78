import type { ScheduledTask } from '../../api/node.ts';
import { Breather } from '../../core/breather.ts';
import type { Clock } from '../../core/clock.ts';
import { BftError } from '../../core/errors.ts';
import { METHODS, type Method } from '../../core/method.ts';
import type { Activity } from '../../roles/activity.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { ReceivedTasks } from '../received-tasks.ts';
import type { Card } from '../task-cards.ts';
import type { Deliveries } from './deliveries.ts';
import { KeptRows } from './kept-rows.ts';
import { type AgedRow, type Amounts, taskRow } from './row.ts';
import { type Facts, type Owing, type Standing, standingOf } from './standing.ts';

export interface ReceivedRowsComponents {
  readonly tasks: ReceivedTasks;
  readonly deliveries: Deliveries;
  readonly activity: (name: string) => Activity;
  readonly ledgerOf: (name: string) => Ledger | undefined;
  readonly isPaused: (name: string) => boolean;
  /** `downloadingnum` */
  readonly limit: () => number;
  readonly clock: Pick<Clock, 'now'>;
}

/** A task that is not over. */
interface Placed {
  readonly name: string;
  readonly state: 'queues' | 'downloading';
  readonly card: Card;
  readonly isPaused: boolean;
  /** In the queue, from 1 on; undefined: it waits for no place. */
  readonly place: number | undefined;
}

const OVER: Standing = { status: 'done', cause: undefined, until: undefined };

/** The tasks that this node receives, as rows. */
export class ReceivedRows {
  readonly #c: ReceivedRowsComponents;
  /** A cacher takes the bt share only, and serves it from `downloading`. */
  readonly #isCacher: boolean;
  readonly #kept = new KeptRows();

  constructor(components: ReceivedRowsComponents, { isCacher }: { isCacher: boolean }) {
    this.#c = components;
    this.#isCacher = isCacher;
  }

  /** All but history; `only` that one of them. */
  async rows(only?: string): Promise<AgedRow[]> {
    return [...(await this.#unfinished(only)), ...(await this.#finished('downloaded', only))];
  }

  /** Those that are over, by the directory they lie in. */
  async #finished(state: 'downloaded', only?: string): Promise<AgedRow[]> {
    const rows: AgedRow[] = [];
    for (const [name, card] of await this.#c.tasks.cards.of(state)) {
      if (only !== undefined && name !== only) continue;
      const row = await this.finished(name, state, card).catch(gone);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** Throws what reading the task file throws. */
  async finished(name: string, state: 'downloaded' | 'history', card: Card): Promise<AgedRow> {
    const { bytes } = await this.#c.deliveries.of(name, state, card.info);
    const amounts = METHODS.map(method => [method, { bytes: bytes[method], total: bytes[method], rate: 0 }] as const);
    const parts = { name, state, task: card.task, amounts: Object.fromEntries(amounts), standing: OVER };
    const size = this.#sizeOf(card, parts.amounts);
    return { row: taskRow({ ...parts, direction: 'received', size, prospect: undefined }), age: card.info.mtimeMs };
  }

  async #unfinished(only?: string): Promise<AgedRow[]> {
    const tasks = await this.#placed();
    if (only !== undefined) return await this.#built(tasks.filter(({ name }) => name === only));
    const now = this.#c.clock.now();
    const known = new Map(
      tasks.flatMap(task => {
        const row = task.state === 'queues' ? this.#kept.get(task.name, task, now) : undefined;
        return row ? [[task, row] as const] : [];
      }),
    );
    const fresh = tasks.filter(task => !known.has(task));
    const rows = await this.#built(fresh);
    for (const [index, { name, state, ...queued }] of fresh.entries()) {
      const row = rows[index];
      if (row && state === 'queues') this.#kept.put(name, queued, now, row);
    }
    this.#kept.turn();
    return [...known.values(), ...rows];
  }

  async #built(tasks: readonly Placed[]): Promise<AgedRow[]> {
    const wanted = new Set(tasks.map(({ name }) => name));
    const scheduled = new Map((await this.#c.tasks.list(name => wanted.has(name))).map(task => [task.name, task]));
    const rows: AgedRow[] = [];
    const breather = new Breather();
    for (const task of tasks) {
      await breather.step();
      rows.push(this.#row(task, scheduled.get(task.name)));
    }
    return rows;
  }

  /** What was interrupted goes on first, then the queue. */
  async #placed(): Promise<Placed[]> {
    const { cards } = this.#c.tasks;
    const queued = await cards.of('queues');
    const downloading = await cards.of('downloading');
    const tasks: Placed[] = [];
    let waiting = 0;
    const add = (name: string, state: Placed['state'], card: Card) => {
      const isPaused = this.#c.isPaused(name);
      const isWaiting = !isPaused && (state === 'queues' || this.#c.activity(name).isWaiting);
      if (isWaiting) waiting++;
      tasks.push({ name, state, card, isPaused, place: isWaiting ? waiting : undefined });
    };
    for (const [name, card] of downloading) add(name, 'downloading', card);
    for (const [name, card] of queued) if (!downloading.has(name)) add(name, 'queues', card);
    return tasks;
  }

  #row({ name, state, card, isPaused, place }: Placed, scheduled: ScheduledTask | undefined): AgedRow {
    const activity = this.#c.activity(name);
    const ledger = state === 'downloading' ? this.#c.ledgerOf(name) : undefined;
    const amounts: Amounts = scheduled?.methods ?? listedOf(card, ledger);
    const size = this.#sizeOf(card, amounts);
    const isMoving = Object.values(amounts).some(({ rate }) => rate > 0);
    const standing = standingOf({
      ...activity,
      // What failed before is over when something comes.
      failure: isMoving && activity.nextTry === undefined && !activity.hasGivenUp ? undefined : activity.failure,
      isPaused,
      place,
      places: { key: 'downloadingnum', limit: this.#c.limit() },
      stage: state === 'downloading' ? this.#stage(amounts, size, ledger, activity) : 'moving',
      owing: state === 'downloading' ? this.#owing(amounts, scheduled, ledger) : [],
    });
    const parts = { direction: 'received', name, state, task: card.task, size, amounts, standing } as const;
    return { row: taskRow({ ...parts, prospect: scheduled }), age: card.info.mtimeMs };
  }

  #sizeOf({ task }: Card, amounts: Amounts): number {
    return this.#isCacher ? (amounts.bt?.total ?? 0) : task.size;
  }

  /** Without a ledger it is being opened, or the package was already being put together when the daemon started. */
  #stage(amounts: Amounts, size: number, ledger: Ledger | undefined, { isPlacing }: Activity): Facts['stage'] {
    if (isPlacing) return 'complete';
    if (!ledger) return 'moving';
    const isHere = METHODS.every(method => (amounts[method]?.bytes ?? 0) >= (amounts[method]?.total ?? 0));
    if (!isHere) return 'moving';
    if (this.#isCacher) return 'serving';
    return ledger.verifiedBytes >= size ? 'complete' : 'moving';
  }

  #owing(amounts: Amounts, scheduled: ScheduledTask | undefined, ledger: Ledger | undefined): Owing[] {
    const now = this.#c.clock.now();
    return METHODS.flatMap(method => {
      const { bytes, total } = amounts[method] ?? { bytes: 0, total: 0 };
      if (bytes >= total) return [];
      const window = scheduled?.methods[method]?.window;
      const opens = window && !window.isOpen(now) ? window.nextOpening(now) : undefined;
      return [{ method, notice: ledger?.noticeOf(method), opens }];
    });
  }
}

/** Of a task whose hours cannot be read. */
function listedOf({ listed }: Card, ledger: Ledger | undefined): Amounts {
  const amount = ([method, total]: [string, number]) =>
    [method, { bytes: ledger?.bytes(method as Method) ?? 0, total, rate: 0 }] as const;
  return Object.fromEntries(Object.entries(listed).map(amount));
}

/** It moved on just now, or cannot be read. */
function gone(error: unknown): undefined {
  if (!(error instanceof BftError)) throw error;
  return undefined;
}
