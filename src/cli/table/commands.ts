import type { CommandEntry } from './entry.ts';
import { LOCAL } from './local.ts';
import { MOVING } from './moving.ts';
import { WATCHING } from './watching.ts';

/** Every sub-command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [...MOVING, ...WATCHING, ...LOCAL];
