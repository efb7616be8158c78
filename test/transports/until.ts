import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something holds, looking often; fails naming it when it does not within the time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(5);
  }
}
