import { opendir, stat } from 'node:fs/promises';
import { systemClock } from '../core/clock.ts';
import { BftError, notThere } from '../core/errors.ts';
import { type Logger, silentLog } from '../core/log.ts';
import { formatBytes } from '../core/units.ts';
import { HashKeeper } from '../hashtable/hash-keeper.ts';
import { HashTable } from '../hashtable/hash-table.ts';
import { type HashFile, NewFiles } from '../hashtable/new-files.ts';
import { QUIET_MS } from '../hashtable/present.ts';
import { Rebuild } from '../hashtable/rebuild.ts';
import { databaseOf } from '../hashtable/recorded.ts';
import { recordedFiles } from '../hashtable/recorded-files.ts';
import { StorageLooks } from '../hashtable/storage-looks.ts';
import { FileHasher } from '../torrent/file-hasher.ts';
import { checkTable } from './hashtable-check.ts';
import { type HashTableCommand, type HashTableOptions, hashTableOptions } from './hashtable-options.ts';
import { jsonText } from './output/shown.ts';

/** Between two lines that say how far it is, ms. */
const SAY_MS = 30_000;
/** A file that is always being written is left alone after so many looks. */
const LOOKS = 3;

/** What the parts tell beside a text. */
interface Told {
  readonly file?: string;
  readonly directory?: string;
  readonly rows?: number;
  readonly err?: Error;
  readonly code?: string;
}

/** What a command works with. `faults`: how many files it could not do. */
class Session {
  readonly options: HashTableOptions;
  readonly signal: AbortSignal;
  readonly table: HashTable;
  readonly hasher = new FileHasher();
  faults = 0;

  constructor(options: HashTableOptions, place: HashTableOptions['place'], signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
    this.table = new HashTable({ log: this.log }, () => place);
  }

  readonly hash: HashFile = (path, signal, expected) => this.hasher.hash(path, signal, expected);

  get log(): Logger {
    const warn = (context: Told, text: string) => {
      // It is thrown, too.
      if (context.code === 'HASHTABLE_FOREIGN') return;
      if (context.err) this.faults += 1;
      const what = [context.file ?? context.directory, text, context.rows, context.err?.message];
      say(what.filter(part => part !== undefined).join(': '));
    };
    return { ...silentLog, warn, error: warn } as Logger;
  }

  get parts() {
    return { table: this.table, hash: this.hash, clock: systemClock, log: this.log };
  }

  async close(): Promise<void> {
    await this.hasher.close();
    await this.table.stop();
  }
}

type Command = (session: Session) => Promise<number>;
const COMMANDS: Readonly<Record<HashTableCommand, Command>> = { init, add, update, watch, check, stats };
/** Those that make no table: of one that is not there they would say that all is right. */
const READING = ['check', 'stats'];
/** Those for which it does not matter what the table was built for. */
const OF_ANY = ['init', 'stats'];

/**
 * The hash table from the command line (BK-11), beside a running daemon or without one: both use the same database. Throws USAGE, the errors of the
 * configuration, SOURCE_MISSING, SOURCE_REFUSED and HASHTABLE_FOREIGN. Gives the exit code: 1 when something is wrong or could not be done.
 */
export async function hashTable(args: readonly string[]): Promise<number> {
  const options = await hashTableOptions(args);
  const { command, place } = options;
  const run = COMMANDS[command];
  if (command !== 'stats' && !(await stat(place.storage).catch(notThere))?.isDirectory())
    throw new BftError('SOURCE_MISSING', `the storage ${place.storage} is not a directory`);
  if (READING.includes(command)) await refuseMissing(place.path);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const isAny = OF_ANY.includes(command);
  const session = new Session(options, { ...place, builtFor: isAny ? undefined : place.builtFor }, ending.signal);
  try {
    if (!isAny) await refuseForeign(session);
    return await run(session);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    return 1;
  } finally {
    await session.close();
  }
}

async function refuseMissing(path: string): Promise<void> {
  for (const part of [path, databaseOf(path)]) if (await stat(part).catch(notThere)) return;
  throw new BftError('SOURCE_MISSING', `there is no hash table at ${path}`);
}

async function refuseForeign({ table, options: { place } }: Session): Promise<void> {
  const { builtFor } = await table.stats();
  if (place.builtFor === undefined || builtFor === undefined || builtFor === place.builtFor) return;
  throw new BftError('HASHTABLE_FOREIGN', `${place.path} was built for ${builtFor}, not ${place.builtFor}`);
}

async function init(session: Session): Promise<number> {
  const { options, signal, table } = session;
  if (options.path !== undefined && options.path !== options.place.storage) return await add(session);
  const rebuild = await rebuilt(session, options.place.storage);
  await rebuild.prune(undefined, signal);
  await table.ask('rebuilt', options.place.builtFor);
  return session.faults > 0 ? 1 : 0;
}

/** Rows below a directory that is gone go, too. */
async function add(session: Session): Promise<number> {
  const { path } = session.options;
  if (path === undefined) throw new BftError('USAGE', 'hashtable add wants a directory or a file');
  const rebuild = await rebuilt(session, path);
  await rebuild.prune(path, session.signal);
  await session.table.ask('compact');
  return session.faults > 0 ? 1 : 0;
}

/** A disk that is not mounted would cost all rows. */
async function refuseEmpty({ table, options: { place } }: Session): Promise<void> {
  const directory = await opendir(place.storage).catch(notThere);
  if (directory) for await (const _ of directory) return;
  const { rows } = await table.stats();
  if (rows === 0) return;
  const meant = `if it is meant to be empty, empty ${place.path} first`;
  throw new BftError('SOURCE_MISSING', `the storage ${place.storage} is empty, or not mounted: ${meant}`);
}

async function rebuilt(session: Session, root: string): Promise<Rebuild> {
  const { options, signal } = session;
  let [files, bytes, said] = [0, 0, performance.now()];
  const onFault = (path: string, why: string) => {
    session.faults += 1;
    say(`${path}: ${why}`);
  };
  const rebuild = new Rebuild(session.parts, {
    onFile: file => {
      files += 1;
      bytes += file.size;
      if (performance.now() - said < SAY_MS) return;
      said = performance.now();
      say(`${files} files, ${formatBytes(bytes)}, at ${file.path}`);
    },
    onFault,
  });
  const where = { ...options.place, isExcluded: options.isExcluded };
  await rebuild.enter(recordedFiles(root, where, { onUnread: onFault, onBadNames }), signal);
  if (root === options.place.storage) await refuseEmpty(session);
  return rebuild;
}

/** One look at everything, as the daemon does at its start. */
async function update(session: Session): Promise<number> {
  const { options, signal, table } = session;
  const looks = new StorageLooks(session.parts, { ...options.place, isExcluded: options.isExcluded });
  let isUnquiet = true;
  const files = new NewFiles(session.parts, () => (isUnquiet = true));
  for (let look = 0; isUnquiet && look < LOOKS; look++) {
    if (look > 0) await systemClock.sleep(QUIET_MS + 1, signal);
    isUnquiet = false;
    const after = (_directory: string, looked: { readonly isUnquiet: boolean }) => (isUnquiet ||= looked.isUnquiet);
    await looks.lookAtAll(signal, { before: () => {}, after });
    await files.run(signal);
  }
  if (isUnquiet) say('some files are being written: they are left alone');
  await table.ask('compact');
  const { rows } = await table.stats();
  process.stdout.write(`${files.hashed} files were hashed; ${rows} rows\n`);
  return session.faults > 0 ? 1 : 0;
}

/** What the daemon does, until a signal comes. */
async function watch({ parts, options, signal }: Session): Promise<number> {
  const { isExcluded, place } = options;
  const keeper = new HashKeeper(parts, { storage: place.storage, isExcluded, isOn: () => true });
  await keeper.start();
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
  await keeper.stop();
  return 0;
}

async function check({ table, options, hash, signal }: Session): Promise<number> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const faults = await checkTable({ table, say, onBadNames, hash: options.hash ? hash : undefined }, options, signal);
  const { rows, unchecked } = await table.stats();
  say(faults === 0 ? `all right: ${rows} rows, ${unchecked} of them not held against a file yet` : `${faults} faults`);
  return faults === 0 ? 0 : 1;
}

async function stats({ table, options }: Session): Promise<number> {
  const stats = await table.stats();
  const lines = Object.entries(stats).map(([key, value]) => `${key}: ${value ?? 'not known'}\n`);
  process.stdout.write(options.json ? `${jsonText(stats)}\n` : lines.join(''));
  return 0;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const onBadNames = (count: number): void =>
  say(`names of files and directories that are no UTF-8 are passed over: ${count}`);
