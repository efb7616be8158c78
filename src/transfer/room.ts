import { statfs } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { METHODS } from '../core/method.ts';
import { formatBytes } from '../core/units.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';

const LOOK_MS = 30_000;

export interface RoomRules {
  /** Where the data of transfers lies. */
  readonly path: string;
  readonly isChecked: boolean;
  /** Bytes that are kept free. */
  readonly reserve: number;
}

/** Sees to it that no task starts that the disk has no room for, beside what the running ones still have to write. */
export class Room {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #rules: () => RoomRules;
  /** What each running task still has to write, bytes. */
  readonly #claims = new Map<string, () => number>();

  constructor({ clock, log }: { clock: Clock; log: Logger }, rules: () => RoomRules) {
    this.#clock = clock;
    this.#log = log;
    this.#rules = rules;
  }

  /** Runs `work`, which writes these files, once there is room for what they lack; while it waits, the ledger's notices say so. */
  async during<T>(
    item: TransferItem,
    files: readonly string[],
    ledger: Ledger,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const missing = () => files.reduce((sum, file) => sum + (item.manifest.size(file) ?? 0) - ledger.bytesOf(file), 0);
    await this.#wait(item, missing, ledger, signal);
    this.#claims.set(item.key, missing);
    try {
      return await work();
    } finally {
      this.#claims.delete(item.key);
    }
  }

  async #wait(item: TransferItem, missing: () => number, ledger: Ledger, signal: AbortSignal): Promise<void> {
    for (let looks = 0; ; looks++) {
      signal.throwIfAborted();
      const shortage = await this.#shortage(item.name, missing());
      for (const method of METHODS) ledger.notice(method, shortage);
      if (!shortage) return;
      if (looks === 0) this.#log.warn({ task: item.name, code: shortage.code }, shortage.message);
      await this.#clock.sleep(LOOK_MS, signal);
    }
  }

  async #shortage(name: string, needed: number): Promise<BftError | undefined> {
    const { path, isChecked, reserve } = this.#rules();
    if (!isChecked || needed === 0) return undefined;
    const { bavail, bsize } = await statfs(path);
    const claimed = [...this.#claims.values()].reduce((sum, missing) => sum + missing(), 0);
    const free = bavail * bsize;
    if (needed + claimed + reserve <= free) return undefined;
    const kept = `${formatBytes(reserve)} are kept free, ${formatBytes(claimed)} are for other tasks`;
    return new BftError(
      'DISK_FULL',
      `${name} needs ${formatBytes(needed)}; ${formatBytes(free)} are free in ${path}, ${kept}: it waits for room`,
    );
  }
}
