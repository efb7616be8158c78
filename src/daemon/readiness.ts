import { access, constants, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskKind, Finding, Readiness } from '../api/operations.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { BftError, type ErrorCode } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { RECEIVING, SENDING } from '../queue/states.ts';

/** The engine is started again within seconds; who has none for so long should be told. */
const ENGINE_DOWN_MS = 30_000;
/** A disk that does not answer, such as a network one whose server is gone. */
const PATIENCE_MS = 5000;

const DIRECTORIES = { storage: 'basedatapath', transfer: 'transferpath', state: 'statepath' } as const satisfies Record<
  DiskKind,
  keyof Config
>;
const KINDS = Object.keys(DIRECTORIES) as DiskKind[];

interface Components {
  readonly config: () => Config;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly engine: { readonly downMs: number };
  readonly isTableForeign: () => boolean;
}

/** Whether the node can take tasks and carry them on. Those who ask meanwhile share one look: none piles up on a disk that hangs. */
export class ReadinessCheck {
  readonly #c: Components;
  #looking: Promise<Readiness> | undefined;
  /** What the disks have not answered yet. */
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(components: Components) {
    this.#c = components;
  }

  /** Resolves within some seconds. */
  look(): Promise<Readiness> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<Readiness> {
    const { config, engine, isTableForeign } = this.#c;
    const directories = await Promise.all(written(config()).map(place => this.#writable(place)));
    const room = await Promise.all(KINDS.map(kind => this.#room(kind)));
    const isDown = engine.downMs >= ENGINE_DOWN_MS;
    return {
      reasons: [
        ...directories.flat(),
        ...room.flat(),
        ...(isDown ? [finding('BT_ENGINE_DOWN', 'the BitTorrent engine does not run')] : []),
      ],
      warnings: isTableForeign()
        ? [finding('HASHTABLE_FOREIGN', 'the hash table was built for another role or store plan, and is not used')]
        : [],
    };
  }

  async #writable([key, inside]: Place): Promise<Finding[]> {
    const path = join(this.#c.config()[key], inside);
    const isWritable = await this.#inTime(`write ${path}`, () => access(path, constants.W_OK).then(() => true));
    if (isWritable) return [];
    const what = inside === '' ? `the directory of "${key}"` : `"${inside}" in the directory of "${key}"`;
    return [finding('DISK_WRITE', `${what} cannot be written, or does not answer`)];
  }

  async #room(kind: DiskKind): Promise<Finding[]> {
    const { [DIRECTORIES[kind]]: path, reserve } = this.#c.config();
    const free = await this.#inTime(`room ${path}`, () => freeBytes(path));
    if (free === undefined || free >= reserve) return [];
    const what = `${formatBytes(free)} are free on the disk of "${DIRECTORIES[kind]}"; "reserve" is ${formatBytes(reserve)}`;
    return [finding('DISK_FULL', what)];
  }

  /** Undefined: it failed, or took too long. */
  async #inTime<T>(question: string, ask: () => Promise<T>): Promise<T | undefined> {
    const work = (this.#asked.get(question) as Promise<T> | undefined) ?? this.#ask(question, ask);
    const over = new AbortController();
    const late = this.#c.clock.sleep(PATIENCE_MS, over.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([work.catch(() => undefined), late]);
    } finally {
      over.abort();
    }
  }

  #ask<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const work = ask().finally(() => this.#asked.delete(question));
    this.#asked.set(question, work);
    return work;
  }
}

type PathKey = 'statepath' | 'transferpath' | 'basedatapath' | 'receiverpath' | 'senderpath';

/** A directory of the configuration, and what in it ('': itself). */
type Place = readonly [PathKey, string];

/** Tasks move between the directories of their states. */
const written = ({ servertype }: Config): readonly Place[] => [
  ['statepath', ''],
  ['transferpath', ''],
  ['basedatapath', ''],
  ...RECEIVING.map(state => ['receiverpath', state] as const),
  ...(servertype === 'sender' ? SENDING.map(state => ['senderpath', state] as const) : []),
];

/** Bytes free for the daemon where each kind of data lies; not where the disk cannot be looked at. */
export async function diskFree(config: Config): Promise<{ path: DiskKind; bytes: number }[]> {
  const look = async (path: DiskKind) => {
    const bytes = await freeBytes(config[DIRECTORIES[path]]).catch(() => undefined);
    return bytes === undefined ? [] : [{ path, bytes }];
  };
  return (await Promise.all(KINDS.map(look))).flat();
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function finding(code: ErrorCode, desc: string): Finding {
  return { code, desc, next: new BftError(code, desc).next };
}
