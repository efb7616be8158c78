import type { Call } from '../call.ts';
import { configPath } from '../config-path.ts';
import { doctor as examined } from '../doctor.ts';

/** Looks at the node of this machine. */
export const doctor = (call: Call): Promise<number> =>
  examined({ config: configPath(call.text('config')), json: call.flag('json') });
