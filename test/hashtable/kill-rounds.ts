import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../src/core/log.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { recordedFiles } from '../../src/hashtable/recorded-files.ts';
import { until } from '../e2e/nodes.ts';

const MOST_BYTES = 2_000_000;
const MOST_FILES = 60;
const LIFE_MS = 2500;
const PAST = new Date('2020-01-01');

/** A process that works on the table and is killed. */
export interface Victim {
  start(): Promise<void>;
  /** kill -9; resolves when it is dead. */
  kill(): Promise<void>;
}

/** What a storage goes through while its keeper is killed over and over. */
export class KillRounds {
  readonly #storage: string;
  readonly #path: string;
  readonly #outside: string;
  readonly #table: HashTable;
  /** Rows that were compared with their file after a kill. */
  checked = 0;
  /** Rows without a known state whose file has changed since: no more than hints, which a copy refuses. */
  hints = 0;
  kills = 0;
  /** How often the table was waited for until it was complete. */
  completed = 0;

  /** Everything lies below `root`, on one file system. */
  constructor(root: string, place: { readonly path: string; readonly storage: string }) {
    this.#storage = place.storage;
    this.#path = place.path;
    this.#outside = join(root, 'outside');
    this.#table = new HashTable({ log: silentLog }, () => place);
  }

  async run(victim: () => Victim, kills: number, completeEvery: number, completing: Victim): Promise<void> {
    await mkdir(this.#outside, { recursive: true });
    await mkdir(this.#storage, { recursive: true });
    while (this.kills < kills) {
      const one = victim();
      await one.start();
      const end = performance.now() + randomInt(LIFE_MS);
      while (performance.now() < end) {
        await this.#change();
        await delay(randomInt(100));
      }
      await one.kill();
      this.kills += 1;
      await this.#verify();
      if (this.kills % completeEvery === 0 || this.kills === kills) await this.#complete(completing);
    }
    await this.#table.stop();
  }

  /** Rows that are said to be right are right, whatever the moment of the kill. */
  async #verify(): Promise<void> {
    for (const { path, sha1, verdict } of await this.#rows()) {
      if (verdict !== 'right' && verdict !== 'unchecked') continue;
      const isRight = (await hashOf(path)) === sha1;
      if (verdict === 'right') assert.ok(isRight, `after ${this.kills} kills the row of ${path} is wrong`);
      if (verdict === 'right') this.checked += 1;
      else if (!isRight) this.hints += 1;
    }
  }

  async #complete(victim: Victim): Promise<void> {
    await victim.start();
    let why = '';
    try {
      await until('the table is complete', async () => (why = await this.#missing()) === '');
    } catch (error) {
      throw new Error(`after ${this.kills} kills: ${why}`, { cause: error });
    }
    await victim.kill();
    this.completed += 1;
    for (const { path, sha1 } of await this.#rows()) {
      assert.equal(await hashOf(path), sha1, path);
      this.checked += 1;
    }
  }

  async #missing(): Promise<string> {
    const wrong = (await this.#rows()).find(({ verdict }) => verdict !== 'right');
    if (wrong) return `${wrong.verdict}: ${wrong.path}`;
    const [file] = (await this.#table.ask('unlisted', await this.#files())) ?? [];
    if (file !== undefined) return `no row: ${file}`;
    const { waiting, badLines } = await this.#table.stats();
    return waiting + badLines === 0 ? '' : `${waiting} wait, ${badLines} bad`;
  }

  async #rows() {
    const page = (await this.#table.ask('judge', 0)) ?? [];
    assert.ok(page.length < 500);
    return page;
  }

  async #files(): Promise<string[]> {
    const files: string[] = [];
    const where = { storage: this.#storage, path: this.#path, isExcluded: () => false };
    const told = { onUnread: () => assert.fail(), onBadNames: () => assert.fail() };
    for await (const path of recordedFiles(this.#storage, where, told)) files.push(path);
    return files;
  }

  async #change(): Promise<void> {
    const files = await this.#files();
    const some = () => files[randomInt(files.length)] ?? '';
    const fresh = () => join(this.#storage, `p${randomInt(6)}`, `${randomInt(3)}`, `f${randomInt(1_000_000)}`);
    const changes = [
      () => put(fresh()),
      () => put(fresh()),
      async () => {
        // The same size and time: only what the kernel says tells.
        const path = some();
        const { size } = await stat(path);
        await writeFile(path, randomBytes(size));
        await utimes(path, PAST, PAST);
      },
      () => rm(some()),
      () => rename(some(), some()),
      () => link(some(), join(this.#storage, `link${randomInt(1_000_000)}`)),
      () => this.#moveTree(),
    ];
    if (files.length === 0) return await put(fresh());
    if (files.length > MOST_FILES) return await rm(some());
    await changes[randomInt(changes.length)]?.();
  }

  /** Inside, out or in again. */
  async #moveTree(): Promise<void> {
    const trees = (await readdir(this.#storage)).filter(name => name.startsWith('p'));
    const away = await readdir(this.#outside);
    const name = trees[randomInt(Math.max(trees.length, 1))] ?? '';
    const [from, to] =
      away[0] !== undefined && randomInt(2) === 0
        ? [join(this.#outside, away[0]), this.#storage]
        : [join(this.#storage, name), randomInt(3) === 0 ? this.#outside : this.#storage];
    if (name !== '') await rename(from, join(to, `p${randomInt(1_000_000)}`));
  }
}

async function put(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, randomBytes(randomInt(MOST_BYTES)));
}

const hashOf = async (path: string) =>
  createHash('sha1')
    .update(await readFile(path))
    .digest('hex');
