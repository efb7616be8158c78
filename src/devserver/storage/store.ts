import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../../core/errors.ts';
import { refusal } from '../obs-error.ts';
import { Bucket } from './bucket.ts';
import { syncDirectory, writeDurable } from '../../disk/durable.ts';
import { KeyedLock } from '../../core/keyed-lock.ts';
import { type BucketRecord, readBucket } from './records.ts';

const BUCKET_FILE = 'bucket.json';
/** OBS: 3 to 63 lower-case letters, digits, hyphens and dots; hence also a safe directory name. */
const BUCKET_NAME = /^(?!.*(\.\.|\.-|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

async function recordIn(directory: string): Promise<BucketRecord | undefined> {
  try {
    return await readBucket(join(directory, BUCKET_FILE));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined;
    throw error;
  }
}

/** All buckets, below one root directory. */
export class Store {
  readonly #root: string;
  readonly #buckets = new Map<string, Bucket>();
  readonly #lock = new KeyedLock();

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<Store> {
    const store = new Store(root);
    await mkdir(root, { recursive: true });
    for (const name of await readdir(root)) {
      const record = await recordIn(join(root, name));
      if (record !== undefined) store.#buckets.set(name, await Bucket.open(name, record, join(root, name)));
    }
    return store;
  }

  /** Creates a bucket; one that exists stays as it is. */
  async create(name: string, now: number): Promise<void> {
    if (!BUCKET_NAME.test(name)) throw refusal('InvalidBucketName');
    await this.#lock.run(name, async () => {
      if (this.#buckets.has(name)) return;
      const directory = join(this.#root, name);
      const record = { created: new Date(now).toISOString() };
      const bucket = await Bucket.open(name, record, directory);
      await writeDurable(join(directory, BUCKET_FILE), JSON.stringify(record));
      await syncDirectory(this.#root);
      this.#buckets.set(name, bucket);
    });
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw refusal('NoSuchBucket');
    return bucket;
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
