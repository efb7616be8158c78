import { BftError } from '../core/errors.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

/** Keys that parts take once, at their start: changing them needs a restart. */
const FIXED = [
  'servertype',
  'machinetype',
  'basedatapath',
  'senderpath',
  'receiverpath',
  'transferpath',
  'statepath',
  'hashtable',
  'apilisten',
  'consolelisten',
  'apitoken',
  'tlscert',
  'tlskey',
  'plainhttp',
  'originlisten',
  'trackerlisten',
  'btport',
  'btpeers',
  'btpex',
  'btdht',
  'btlsd',
  'receiverstoreplan',
  'loglevel',
  'logfile',
] as const satisfies readonly (keyof Config)[];

/** The configuration in force, and its reload (BC-40). */
export class LiveConfig {
  readonly #path: string;
  #current: Config;

  constructor(path: string, config: Config) {
    this.#path = path;
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  /** Reads the file again. On any error the old configuration stays; so it does when a key changed that needs a restart. */
  async reload(): Promise<void> {
    const next = await loadConfig(this.#path);
    const changed = FIXED.filter(key => next[key] !== this.#current[key]);
    if (changed.length > 0) {
      throw new BftError(
        'CONFIG_INVALID',
        `${this.#path}: ${changed.map(key => `"${key}"`).join(', ')} can only change with a restart; nothing was changed`,
      );
    }
    this.#current = next;
  }
}
