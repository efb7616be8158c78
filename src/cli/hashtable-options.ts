import { realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { tablePlace } from '../config/table-place.ts';
import { BftError } from '../core/errors.ts';
import { isInside, realPathInside } from '../disk/inside.ts';
import { configPath } from './config-path.ts';
import type { TablePlace } from '../hashtable/table-place.ts';

const FLAGS = {
  config: { type: 'string' },
  table: { type: 'string' },
  storage: { type: 'string' },
  hash: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const COMMANDS = ['init', 'add', 'update', 'watch', 'check', 'stats'] as const;
export type HashTableCommand = (typeof COMMANDS)[number];

export interface HashTableOptions {
  readonly command: HashTableCommand;
  /** Absolute, and in the storage; undefined: none was named. */
  readonly path: string | undefined;
  readonly place: TablePlace;
  /** Directories of the transfers, which may lie in the storage. */
  readonly isExcluded: (directory: string) => boolean;
  readonly hash: boolean;
  readonly json: boolean;
}

/** What the command line says. Throws USAGE, CONFIG_MISSING, CONFIG_INVALID, and SOURCE_REFUSED of a path outside of the storage. */
export async function hashTableOptions(args: readonly string[]): Promise<HashTableOptions> {
  const { values, positionals } = parsed(args);
  const [text = '', path, ...more] = positionals;
  const command = COMMANDS.find(one => one === text);
  // Before the configuration is looked for: that one may be missing, too.
  if (!command) throw new BftError('USAGE', `hashtable has no command "${text}": it has ${COMMANDS.join(', ')}`);
  if (more.length > 0) throw new BftError('USAGE', `hashtable ${command} wants one path at most`);
  const { table, storage, hash, json } = values;
  // It would stand for the working directory.
  if ([path, table, storage].includes('')) throw new BftError('USAGE', `hashtable ${command}: a path is empty`);
  const config = await configOf(values.config, table !== undefined && storage !== undefined);
  const own = config && tablePlace(config);
  const place = {
    path: resolve(table ?? own?.path ?? ''),
    storage: resolve(storage ?? own?.storage ?? ''),
    builtFor: own?.builtFor,
  };
  const transfers = config ? [config.transferpath, config.statepath, config.receiverpath, config.senderpath] : [];
  return {
    command,
    path: path === undefined ? undefined : await inStorage(place.storage, resolve(path)),
    place,
    isExcluded: directory => transfers.some(path => isInside(path, directory)),
    hash,
    json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: FLAGS });
  } catch (cause) {
    throw new BftError('USAGE', `hashtable: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** With both paths given a configuration is not needed; the node's own is used all the same where there is one. */
async function configOf(named: string | undefined, isComplete: boolean): Promise<Config | undefined> {
  const isNamed = named !== undefined || Boolean(process.env.BFT2_CONFIG);
  if (isNamed || !isComplete) return await loadConfig(configPath(named));
  return await loadConfig(configPath(named)).catch((error: unknown) => {
    if (error instanceof BftError && error.code === 'CONFIG_MISSING') return undefined;
    throw error;
  });
}

/** The path as the rows have it; it may have been named by way of links. */
async function inStorage(storage: string, path: string): Promise<string> {
  if (isInside(storage, path)) return path;
  const real = await realPathInside(storage, path);
  if (real === undefined)
    throw new BftError('SOURCE_REFUSED', `${path} is not in the storage ${storage}: it has no place in the hash table`);
  return join(storage, relative(await realpath(storage), real));
}
