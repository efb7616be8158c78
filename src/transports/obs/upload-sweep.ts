import { join } from 'node:path';
import { asBftError } from '../../core/errors.ts';
import type { Startable } from '../../core/lifecycle.ts';
import type { Logger } from '../../core/log.ts';
import { type ObsAccess, withNamedBucket } from './access.ts';
import { recordedBuckets, recordedTasks, removeEmptied } from './recorded.ts';
import type { Uploads } from './uploads.ts';

/** A bucket that is away is away for minutes or for a night; parts are billed by the day. */
const EVERY_MS = 6 * 3_600_000;

interface Components {
  readonly uploads: Pick<Uploads, 'discard'>;
  /** Whether the node still has a task of this name. */
  readonly hasTask: (name: string) => Promise<boolean>;
  readonly log: Logger;
  /** Between two looks, ms. */
  readonly everyMs?: number;
}

/**
 * Removes from the buckets what tasks left half uploaded that this node has no more: they were cancelled while the bucket was away. It looks when it
 * starts and every few hours, with the node's own keys; keys that came with a task went with it, and what only they could remove stays recorded.
 */
export class UploadSweep implements Startable {
  readonly name = 'upload sweep';
  readonly #c: Components;
  /** A directory per task lies there. */
  readonly #settings: () => ObsAccess & { readonly recordsPath: string };
  readonly #stopped = new AbortController();
  #sweeping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(components: Components, settings: () => ObsAccess & { readonly recordsPath: string }) {
    this.#c = components;
    this.#settings = settings;
  }

  start(): Promise<void> {
    this.#next();
    this.#timer = setInterval(() => this.#next(), this.#c.everyMs ?? EVERY_MS).unref();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#sweeping;
  }

  #next(): void {
    this.#sweeping = this.#sweeping
      .then(() => this.#sweep(this.#stopped.signal))
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted)
          this.#c.log.warn({ err: error }, 'what ended tasks left half uploaded stays for now');
      });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { recordsPath } = this.#settings();
    for (const task of await recordedTasks(recordsPath)) {
      if (await this.#c.hasTask(task)) continue;
      const directory = join(recordsPath, task);
      for (const bucket of await recordedBuckets(directory)) await this.#discard(task, bucket, directory, signal);
      await removeEmptied(directory);
    }
  }

  async #discard(task: string, name: string, directory: string, signal: AbortSignal): Promise<void> {
    const place = { what: task, bucket: name, keys: undefined };
    try {
      await withNamedBucket(this.#settings(), place, bucket => this.#c.uploads.discard(bucket, directory, signal));
    } catch (cause) {
      signal.throwIfAborted();
      const { code, message } = asBftError(cause, 'OBS_REFUSED', 'obs');
      this.#c.log.warn({ task, code }, `what it left half uploaded stays for now: ${message}`);
    }
  }
}
