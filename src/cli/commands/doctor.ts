import type { Call } from '../call.ts';
import { doctor as examined } from '../doctor.ts';

const CONFIG = '/etc/bft2/config.json';

/** Looks at the node of this machine. */
export const doctor = (call: Call): Promise<number> =>
  examined({ config: call.text('config') ?? (process.env.BFT2_CONFIG || CONFIG), json: call.flag('json') });
