import type { Clock } from '../../core/clock.ts';

/** A list that was read so lately has nothing new. */
const LATELY_MS = 60_000;

export type Addresses = ReadonlyMap<string, string>;

/** The signed addresses of one fetch, which may outlive them (decision 19). */
export class SignedAddresses {
  readonly #load: () => Promise<Addresses>;
  readonly #clock: Clock;
  #addresses: Addresses = new Map<string, string>();
  #loadedAt = 0;
  #loading: Promise<void> | undefined;

  private constructor(load: () => Promise<Addresses>, clock: Clock) {
    this.#load = load;
    this.#clock = clock;
  }

  static async open(load: () => Promise<Addresses>, clock: Clock): Promise<SignedAddresses> {
    const addresses = new SignedAddresses(load, clock);
    await addresses.#reload();
    return addresses;
  }

  readonly urlOf = (file: string): string => this.#addresses.get(file) ?? '';

  /**
   * The bucket refused an address, which may just have expired. Resolves with true when there is another one now. Many ranges are refused at once: the list is
   * read once for all of them, and at most once a minute, so that a bucket that refuses everything is not asked in a circle.
   */
  readonly renew = async (file: string, refused: string): Promise<boolean> => {
    if (this.urlOf(file) !== refused) return true;
    if (!this.#loading && this.#clock.monotonic() - this.#loadedAt < LATELY_MS) return false;
    await (this.#loading ??= this.#reload());
    return this.urlOf(file) !== refused;
  };

  async #reload(): Promise<void> {
    try {
      this.#addresses = await this.#load();
    } finally {
      this.#loadedAt = this.#clock.monotonic();
      this.#loading = undefined;
    }
  }
}
