/** Recently read parts of pieces, of all torrents together, bounded in bytes. Several askers of one part share one read. */
export class ReadCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, { readonly bytes: Promise<Uint8Array>; size: number }>();
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes under `key`, loaded when they are not there. A load that failed is not kept. */
  get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.bytes;
    }
    const entry = { bytes: load(), size: 0 };
    this.#entries.set(key, entry);
    entry.bytes.then(
      bytes => this.#account(key, entry, bytes.length),
      () => this.#entries.get(key) === entry && this.#entries.delete(key),
    );
    return entry.bytes;
  }

  /** Forgets all keys that start with `prefix`. */
  drop(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#evict(key);
  }

  #account(key: string, entry: { size: number }, size: number): void {
    if (this.#entries.get(key) !== entry) return;
    entry.size = size;
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#maxBytes) break;
      this.#evict(oldest);
    }
  }

  #evict(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
