const MOST_SOURCES = 256;
/** Peers come and go for weeks: those beyond the first few hundred are counted together. */
const OTHERS = 'others';

/** Bytes by the peer they came from. */
export class Account {
  readonly #sources = new Map<string, number>();

  add(source: string, bytes: number): void {
    const name = this.#sources.has(source) || this.#sources.size < MOST_SOURCES ? source : OTHERS;
    this.#sources.set(name, (this.#sources.get(name) ?? 0) + bytes);
  }

  get sources(): Record<string, number> {
    return Object.fromEntries(this.#sources);
  }
}
