import { open } from 'node:fs/promises';
import { asBftError, BftError, notThere } from '../core/errors.ts';

export interface BucketKeys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly endpoint: string;
}

const OTHERS_MAY_READ = 0o077;

/** The keys of each bucket (BC-44, decision 23): lines `<bucket> <ak> <sk> <endpoint>`, blank ones and `#` comments between. Read again when it changed. */
export class BucketsFile {
  readonly #path: () => string;
  #read = { version: '', keys: new Map<string, BucketKeys>() };

  constructor(path: () => string) {
    this.#path = path;
  }

  /** Undefined when the file does not name the bucket, or is not there. Throws BUCKETS_FILE; its text never shows what a line holds. */
  async keysOf(bucket: string): Promise<BucketKeys | undefined> {
    const path = this.#path();
    try {
      return (await this.#current(path))?.get(bucket);
    } catch (error) {
      throw asBftError(error, 'BUCKETS_FILE', path);
    }
  }

  async #current(path: string): Promise<ReadonlyMap<string, BucketKeys> | undefined> {
    const handle = await open(path, 'r').catch(notThere);
    if (!handle) return undefined;
    try {
      const { ino, size, mtimeMs, mode } = await handle.stat();
      if ((mode & OTHERS_MAY_READ) !== 0)
        throw new BftError(
          'BUCKETS_FILE',
          `${path} holds keys, and others than its owner may use it: chmod 600 ${path}`,
        );
      const version = [path, ino, size, mtimeMs].join(':');
      if (version !== this.#read.version) this.#read = { version, keys: parse(await handle.readFile('utf8'), path) };
      return this.#read.keys;
    } finally {
      await handle.close();
    }
  }
}

function parse(text: string, path: string): Map<string, BucketKeys> {
  const keys = new Map<string, BucketKeys>();
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const [bucket = '', accessKey = '', secretKey = '', endpoint = ''] = words;
    const refuse = (why: string) => new BftError('BUCKETS_FILE', `${path}, line ${index + 1}: ${why}`);
    if (words.length !== 4) throw refuse('must be <bucket> <ak> <sk> <endpoint>');
    if (keys.has(bucket)) throw refuse('this bucket has a line already');
    keys.set(bucket, { accessKey, secretKey, endpoint });
  }
  return keys;
}
