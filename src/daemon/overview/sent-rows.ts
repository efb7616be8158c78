import { METHODS, type Method } from '../../core/method.ts';
import type { SendingState } from '../../queue/states.ts';
import type { Activity } from '../../roles/activity.ts';
import type { RateLimits } from '../../transfer/rate-limits.ts';
import type { Card, TaskCards } from '../task-cards.ts';
import { type AgedRow, type Amount, taskRow } from './row.ts';
import { type Standing, standingOf } from './standing.ts';

/** How far one method of a sent task is, without asking a bucket or a CDN. Bytes in the bucket, and to be there. */
export type Offer =
  | { readonly state: 'available' }
  | { readonly state: 'unavailable' }
  | { readonly state: 'uploading'; readonly bytes: number; readonly total: number };

export interface SentRowsComponents {
  readonly cards: TaskCards<SendingState>;
  readonly activity: (name: string) => Omit<Activity, 'item' | 'isPlacing'>;
  readonly offer: (name: string, method: Method) => Offer;
  readonly rates: RateLimits['rates'];
  readonly isPaused: (name: string) => boolean;
  /** `uploadingnum` */
  readonly limit: () => number;
}

type Running = Exclude<SendingState, 'history'>;
/** What leaves this node, bytes per second, by task and method. */
type Rates = ReadonlyMap<string, number>;
const OVER: Standing = { status: 'done', cause: undefined, until: undefined };

/** The tasks that this node sends, as rows. */
export class SentRows {
  readonly #c: SentRowsComponents;

  constructor(components: SentRowsComponents) {
    this.#c = components;
  }

  /** All but history; `only` that one of them. */
  async rows(only?: string): Promise<AgedRow[]> {
    const rows: AgedRow[] = [];
    const seen = new Set<string>();
    const rates = this.#rates();
    let waiting = 0;
    // What was interrupted goes on first. A task that moves on meanwhile is met at its later state.
    for (const state of ['uploaded', 'uploading', 'queues'] as const) {
      for (const [name, card] of await this.#c.cards.of(state)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const activity = this.#c.activity(name);
        const isWaiting = !this.#c.isPaused(name) && (state === 'queues' || activity.isWaiting);
        if (isWaiting) waiting++;
        if (only !== undefined && name !== only) continue;
        rows.push(this.#row(name, state, card, activity, { place: isWaiting ? waiting : undefined, rates }));
      }
    }
    return rows;
  }

  /** Of one whose service is over. */
  finished(name: string, card: Card): AgedRow {
    return this.#aged(name, 'history', card, OVER, ([, total]) => ({ bytes: total, total, rate: 0 }));
  }

  #row(
    name: string,
    state: Running,
    card: Card,
    activity: Omit<Activity, 'item' | 'isPlacing'>,
    { place, rates }: { place: number | undefined; rates: Rates },
  ): AgedRow {
    const owing = METHODS.filter(method => {
      const { state } = this.#c.offer(name, method);
      return state === 'uploading' || (state === 'unavailable' && card.listed[method] !== undefined);
    });
    const standing = standingOf({
      ...activity,
      isPaused: this.#c.isPaused(name),
      place,
      places: { key: 'uploadingnum', limit: this.#c.limit() },
      stage: state === 'uploaded' && owing.length === 0 ? 'serving' : 'moving',
      owing: owing.map(method => ({ method, notice: undefined, opens: undefined })),
    });
    return this.#aged(name, state, card, standing, ([method, total]) => this.#amount(name, method, total, rates));
  }

  #aged(
    name: string,
    state: SendingState,
    { task, listed, info }: Card,
    standing: Standing,
    amountOf: (share: [Method, number]) => Amount,
  ): AgedRow {
    const shares = Object.entries(listed) as [Method, number][];
    const amounts = Object.fromEntries(shares.map(share => [share[0], amountOf(share)]));
    // Nothing of it was here before: it was never on its way to this node.
    const size = shares.reduce((sum, [, total]) => sum + total, 0);
    const parts = { direction: 'sent', name, state, task, size, amounts, standing } as const;
    return { row: taskRow({ ...parts, prospect: undefined }), age: info.mtimeMs };
  }

  #rates(): Rates {
    const rates = new Map<string, number>();
    for (const { task, method, direction, rate } of this.#c.rates()) {
      const key = `${task}/${method}`;
      if (direction === 'up') rates.set(key, (rates.get(key) ?? 0) + rate);
    }
    return rates;
  }

  /** With `obsupload` `all` more is uploaded than the share: it is as far as the whole is. */
  #amount(name: string, method: Method, total: number, rates: Rates): Amount {
    const offer = this.#c.offer(name, method);
    const rate = rates.get(`${name}/${method}`) ?? 0;
    if (offer.state === 'available') return { bytes: total, total, rate };
    const part = offer.state === 'uploading' && offer.total > 0 ? offer.bytes / offer.total : 0;
    return { bytes: Math.floor(part * total), total, rate };
  }
}
