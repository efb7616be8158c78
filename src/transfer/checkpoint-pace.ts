import type { Clock } from '../core/clock.ts';

const CHECKPOINT_MS = 1000;
const LONGEST_CHECKPOINT_MS = 30_000;
/** A disk that is slow to sync is asked less often: most of its time is for the transfer. */
const SYNC_SHARE = 1 / 4;
/** So many waiting entries are made durable at once: packages of 20,000 small files must not wait for the clock. */
const CHECKPOINT_ENTRIES = 1024;
/** And so many bytes, if the disk has rested as long as it worked: a fast line must not leave all the syncing for the end. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;

/** When a checkpoint is due: a while after the first entry, or as soon as much waits for it. */
export class CheckpointPace {
  readonly #clock: Clock;
  #pauseMs = CHECKPOINT_MS;
  #bytes = 0;
  #underWay = 0;
  /** Monotonic, ms. */
  #restUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the first entry may wait. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** One more entry waits, so many `entries` in all; `bytes` of it are to be synced. True: now is the time. */
  isDue(entries: number, bytes: number): boolean {
    this.#bytes += bytes;
    if (entries >= CHECKPOINT_ENTRIES) return true;
    const isFree = this.#underWay === 0 && this.#clock.monotonic() >= this.#restUntil;
    return isFree && this.#bytes >= CHECKPOINT_BYTES;
  }

  /** A checkpoint takes all that waits. */
  begin(): void {
    this.#bytes = 0;
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }

  /** Syncing began then (monotonic, ms) and is over. */
  synced(begin: number): void {
    const now = this.#clock.monotonic();
    const took = now - begin;
    this.#pauseMs = Math.min(Math.max(took / SYNC_SHARE, CHECKPOINT_MS), LONGEST_CHECKPOINT_MS);
    this.#restUntil = now + took;
  }
}
