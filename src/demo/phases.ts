import { systemClock } from '../core/clock.ts';
import type { Phase } from './report/outcome.ts';

/** Takes the time of what a demo does. */
export class Phases {
  readonly taken: Phase[] = [];

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = systemClock.monotonic();
    const result = await work();
    this.taken.push({ name, seconds: (systemClock.monotonic() - began) / 1000 });
    return result;
  }
}
