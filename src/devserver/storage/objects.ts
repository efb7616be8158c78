import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDurable, TEMPORARY_SUFFIX, writeDurable } from '../../disk/durable.ts';
import { compareKeys } from './key-order.ts';
import { type ObjectRecord, readObject } from './records.ts';

/**
 * The finished objects of a bucket: one record file each, all of them in memory as well. A file is named by the SHA-256 of
 * its key, since keys may be longer than file names and hold any character.
 */
export class Objects {
  readonly #directory: string;
  readonly #records = new Map<string, ObjectRecord>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async load(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.endsWith(TEMPORARY_SUFFIX)) await rm(path, { force: true });
      else this.#remember(await readObject(path));
    }
  }

  get(key: string): ObjectRecord | undefined {
    return this.#records.get(key);
  }

  /** In the order of their keys. */
  sorted(): ObjectRecord[] {
    return [...this.#records.values()].sort((a, b) => compareKeys(a.key, b.key));
  }

  async put(record: ObjectRecord): Promise<void> {
    await writeDurable(this.#path(record.key), JSON.stringify(record));
    this.#remember(record);
  }

  async delete(key: string): Promise<void> {
    await removeDurable(this.#path(key));
    this.#records.delete(key);
  }

  #remember(record: ObjectRecord): void {
    this.#records.set(record.key, record);
  }

  #path(key: string): string {
    return join(this.#directory, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}
