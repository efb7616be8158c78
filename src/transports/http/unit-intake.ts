import type { Unit } from '../../torrent/manifest.ts';
import type { UnitShare } from './unit-memory.ts';

/** Takes the buffer of a whole unit; it may be used again when it resolves. */
export type Accept = (unit: Unit, buffer: SharedArrayBuffer) => Promise<void>;

/** Cuts the bytes of one range into its units. While one is accepted (hashed, written) the next comes in; there are never more than these two. */
export class UnitIntake {
  readonly #units: readonly Unit[];
  readonly #memory: UnitShare;
  readonly #accept: Accept;
  #index = 0;
  #buffer: SharedArrayBuffer | undefined;
  #filled = 0;
  #accepting: Promise<void> = Promise.resolve();

  constructor(units: readonly Unit[], memory: UnitShare, accept: Accept) {
    this.#units = units;
    this.#memory = memory;
    this.#accept = accept;
  }

  /** Takes the next bytes. Throws what accepting a unit before them threw. */
  async take(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const unit = this.#units[this.#index];
      if (!unit) return;
      this.#buffer ??= await this.#memory.take(unit.length, signal);
      const part = chunk.subarray(at, at + unit.length - this.#filled);
      new Uint8Array(this.#buffer).set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === unit.length) await this.#complete(unit, this.#buffer);
    }
  }

  /** Resolves when nothing is under way; what is no whole unit is let go. */
  async end(): Promise<void> {
    if (this.#buffer) this.#memory.give(this.#buffer);
    this.#buffer = undefined;
    await this.#accepting;
  }

  async #complete(unit: Unit, buffer: SharedArrayBuffer): Promise<void> {
    await this.#accepting;
    this.#buffer = undefined;
    this.#filled = 0;
    this.#index += 1;
    this.#accepting = this.#accept(unit, buffer).finally(() => this.#memory.give(buffer));
    // Thrown when the next unit is whole, or at the end.
    this.#accepting.catch(() => {});
  }
}
