import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Transport } from '../transfer/transport.ts';

const HOUR_MS = 3_600_000;
/** The longest single timer of Node is about 24.8 days. */
const LONGEST_SLEEP_MS = 24 * HOUR_MS;

export type Transports = Readonly<Record<Method, Transport>>;

/** What a sender makes available: the shares, and the whole package in the bucket where that is wanted (decision 21). */
export function publishedMethods(item: TransferItem, { obsupload }: Pick<Config, 'obsupload'>): Method[] {
  const isAll = obsupload === 'all' || item.task.obs.upload === 'all';
  return METHODS.filter(method => item.files(method).length > 0 || (method === 'obs' && isAll && item.task.obs.url));
}

export async function withdrawAll(transports: Transports, item: TransferItem): Promise<void> {
  for (const method of METHODS) await transports[method].withdraw(item);
}

/** Whether `hours` have passed since a moment of the wall clock (ms). */
export const hasEnded = (clock: Clock, since: number, hours: number): boolean => since + hours * HOUR_MS <= clock.now();

/** Sleeps until `hours` after `since` (wall clock, ms). A clock that jumped back does not lengthen it beyond `hours` from now. */
export async function sleepUntilOver(clock: Clock, since: number, hours: number, signal: AbortSignal): Promise<void> {
  let left = Math.min(since + hours * HOUR_MS - clock.now(), hours * HOUR_MS);
  while (left > 0) {
    const step = Math.min(left, LONGEST_SLEEP_MS);
    await clock.sleep(step, signal);
    left -= step;
  }
}
