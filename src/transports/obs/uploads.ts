import type { Clock } from '../../core/clock.ts';
import { asBftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { inParallel } from '../../core/parallel.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { makeDirectory, removeDurable } from '../../disk/durable.ts';
import type { Bucket } from './bucket.ts';
import { Healing } from './healing.ts';
import { discardUpload } from './multipart.ts';
import { PartReader } from './part-reader.ts';
import { PartSender } from './part-sender.ts';
import type { Throttle } from './put-bytes.ts';
import { uploadFile } from './upload.ts';
import { UploadRecord } from './upload-record.ts';
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

interface Discarded {
  readonly directory: string;
  /** Of the package's keys. */
  readonly prefix: string;
  readonly keys: ReadonlySet<string>;
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
    const healing = new Healing(this.#c);
    const sender = new PartSender({ ...this.#c, throttle, reader: this.#reader, healing });
    // It says that there is something to discard.
    await makeDirectory(directory);
    await this.#discardOthers(bucket, request, signal);
    await inParallel(files, connections, signal, (file, stop) =>
      this.#alone(bucket.shown(file.key), stop, () => uploadFile({ ...request, bucket, sender, healing, file }, stop)),
    );
    await removeDurable(directory);
  }

  /** Removes from the bucket what is unfinished of a task, noted or not. What cannot be removed is told, and found when those objects are uploaded again. */
  async discard(bucket: Bucket, { directory, prefix, keys }: Discarded, signal: AbortSignal): Promise<void> {
    for (const record of await UploadRecord.all(directory)) await this.#discard(bucket, record, signal);
    for (const { key, upload } of await bucket.unfinishedUploads(prefix, signal))
      if (keys.has(key) && !this.#busy.has(bucket.shown(key))) await bucket.abortParts(key, upload, signal);
  }

  /** Those of objects that the task no longer has. */
  async #discardOthers(bucket: Bucket, { files, directory }: UploadRequest, signal: AbortSignal): Promise<void> {
    const keys = new Set(files.map(({ key }) => key));
    for (const record of await UploadRecord.all(directory))
      if (record.begun.bucket !== bucket.name || !keys.has(record.begun.key))
        await this.#discard(bucket, record, signal);
  }

  async #discard(bucket: Bucket, record: UploadRecord, signal: AbortSignal): Promise<void> {
    const { key, upload } = record.begun;
    try {
      if (record.begun.bucket !== bucket.name) throw new Error('the task has another bucket now');
      await discardUpload(bucket, record, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const { code, message } = asBftError(cause, 'OBS_REFUSED', 'obs');
      const what = `the unfinished upload ${upload} of obs://${record.begun.bucket}/${key} could not be removed`;
      this.#c.log.warn({ code }, `${what}; remove it there: ${message}`);
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
