import { setTimeout as pause } from 'node:timers/promises';
import { BftError } from '../../core/errors.ts';

/** As long as a node may take to start anew, ms. */
const PATIENCE_MS = 300_000;
const LOOK_MS = 2000;

/** Asks again while a node that has answered before is silent: it may be starting anew. Throws NODE_UNREACHABLE at last. */
export function patiently<T>(
  ask: () => Promise<T>,
  onSilence: (why: string) => void,
  signal: AbortSignal,
): () => Promise<T> {
  let answered: number | undefined;
  return async () => {
    for (;;) {
      try {
        const answer = await ask();
        answered = performance.now();
        return answer;
      } catch (error) {
        const isSilent = error instanceof BftError && error.code === 'NODE_UNREACHABLE';
        if (!isSilent || answered === undefined || performance.now() - answered > PATIENCE_MS) throw error;
        onSilence(error.message);
        await pause(LOOK_MS, undefined, { signal });
      }
    }
  };
}
