import type { Clock } from '../../core/clock.ts';
import type { View } from './view.ts';

const INTERVAL_MS = 5_000;

/** For logs and pipes: a line per stage, and at most one line every five seconds in between. */
export function plainView(write: (line: string) => void, clock: Pick<Clock, 'monotonic'>): View {
  let last = clock.monotonic();
  return {
    stage(text) {
      last = clock.monotonic();
      write(text);
    },
    progress(_lines, sentence) {
      if (clock.monotonic() - last < INTERVAL_MS) return;
      last = clock.monotonic();
      write(`  ${sentence}`);
    },
    close() {},
  };
}
