import { type Ended, runToEnd } from '../shell/scripts.ts';

export const BFT = new URL('../../bin/bft', import.meta.url).pathname;

/** Runs `bft` to its end; nothing of it is a terminal. */
export const bft = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  runToEnd(BFT, args, { BFT2_API: '', BFT2_TOKEN: '', BFT2_SENDER: '', ...env });
