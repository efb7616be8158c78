import { constants, type FileHandle, open } from 'node:fs/promises';

export type Access = 'read' | 'write';

const FLAGS: Record<Access, number> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
};

interface Entry {
  readonly key: string;
  readonly handle: Promise<FileHandle>;
  users: number;
}

/** The open descriptors of the process: at most `limit` stay open, the least recently used is closed first. */
export class OpenFiles {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(limit = 64) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Runs `work` with the file open; it stays open for later. An open that failed is tried again by the next call. */
  async use<T>(path: string, access: Access, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const entry = this.#acquire(path, access);
    const handle = await entry.handle;
    try {
      return await work(handle);
    } finally {
      entry.users--;
      await this.#closeUnused(entry);
    }
  }

  /** Closes these files; one that another torrent is using right now is closed when that use ends. */
  async release(paths: Iterable<string>): Promise<void> {
    const entries = [...paths].flatMap(path => [this.#entries.get(`read:${path}`), this.#entries.get(`write:${path}`)]);
    for (const entry of entries) {
      if (!entry) continue;
      this.#entries.delete(entry.key);
      if (entry.users === 0) await (await entry.handle).close();
    }
  }

  #acquire(path: string, access: Access): Entry {
    const key = `${access}:${path}`;
    const entry = this.#entries.get(key) ?? { key, handle: open(path, FLAGS[access], 0o644), users: 0 };
    entry.users++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.handle.catch(() => this.#forget(entry));
    return entry;
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  async #closeUnused(used: Entry): Promise<void> {
    const surplus: Entry[] = [];
    if (used.users === 0 && this.#entries.get(used.key) !== used) surplus.push(used);
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= this.#limit) break;
      if (entry.users > 0) continue;
      this.#entries.delete(entry.key);
      surplus.push(entry);
    }
    for (const entry of surplus) await (await entry.handle).close();
  }
}
