import type { Clock } from '../../core/clock.ts';
import { asBftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { inParallel } from '../../core/parallel.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { makeDirectory } from '../../disk/durable.ts';
import type { Bucket } from './bucket.ts';
import { Healing } from './healing.ts';
import { discardObject } from './leftovers.ts';
import { PartReader } from './part-reader.ts';
import { PartSender } from './part-sender.ts';
import type { Throttle } from './put-bytes.ts';
import { uploadFile } from './upload.ts';
import { recordedKeys, removeEmptied } from './recorded.ts';
import type { UploadFile } from './uploaded.ts';
import type { HttpClient } from '../http/client.ts';

export interface UploadRequest {
  readonly files: readonly UploadFile[];
  /** Where the records of unfinished uploads lie: the task's own. */
  readonly directory: string;
  /** Bytes per part, at least. */
  readonly partSize: number;
  /** Files, and parts of each, that travel at once; the memory for parts bounds them together. */
  readonly connections: number;
  readonly onBytes: (bytes: number) => void;
  readonly throttle: Throttle;
}

interface Components {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/** All uploads of the node. */
export class Uploads {
  readonly #c: Components;
  readonly #reader = new PartReader();
  /** Objects being uploaded: tasks of one package name the same ones. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(components: Components) {
    this.#c = components;
  }

  /** Uploads what the bucket does not have. Stopped or failed, it goes on from the parts that are there when it is called again. */
  async run(bucket: Bucket, request: UploadRequest, signal: AbortSignal): Promise<void> {
    const { files, directory, connections, throttle } = request;
    const { clock } = this.#c;
    const healing = new Healing(this.#c);
    const sender = new PartSender({ ...this.#c, throttle, reader: this.#reader, healing });
    // It says that there is something to discard.
    await makeDirectory(directory);
    const keys = new Set(files.map(({ key }) => key));
    await this.discard(bucket, directory, signal, key => !keys.has(key));
    await inParallel(files, connections, signal, (file, stop) =>
      this.#alone(bucket.shown(file.key), stop, () =>
        uploadFile({ ...request, bucket, sender, healing, clock, file }, stop),
      ),
    );
    await removeEmptied(directory);
  }

  /**
   * Removes from the bucket what the records of a task name and nobody is at. What cannot be removed is told, and its record stays for the next time;
   * the directory goes with the last of them.
   */
  async discard(
    bucket: Bucket,
    directory: string,
    signal: AbortSignal,
    isMeant = (_key: string) => true,
  ): Promise<void> {
    for (const key of await recordedKeys(directory, bucket.name))
      if (isMeant(key) && !this.#busy.has(bucket.shown(key))) await this.#discard(bucket, key, directory, signal);
  }

  async #discard(bucket: Bucket, key: string, directory: string, signal: AbortSignal): Promise<void> {
    try {
      await discardObject({ bucket, key, directory, now: this.#c.clock.now() }, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const { code, message } = asBftError(cause, 'OBS_REFUSED', 'obs');
      const what = `the unfinished upload of ${bucket.shown(key)} could not be removed and is tried again later`;
      this.#c.log.warn({ code }, `${what}: ${message}`);
    }
  }

  async #alone(object: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let other = this.#busy.get(object); other; other = this.#busy.get(object)) await unlessAborted(other, signal);
    const working = work();
    this.#busy.set(
      object,
      working.catch(() => {}),
    );
    try {
      await working;
    } finally {
      this.#busy.delete(object);
    }
  }
}
