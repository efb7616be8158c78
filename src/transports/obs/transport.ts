import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { asBftError, BftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { shownUrl } from '../../core/shown-url.ts';
import { makeDirectory, writeAfresh } from '../../disk/durable.ts';
import { exists } from '../../disk/exists.ts';
import { Layout } from '../../task/layout.ts';
import { taskObsKeys } from '../../task/task-file.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { PublishState, Transport } from '../../transfer/transport.ts';
import { download } from '../http/download.ts';
import type { RangedFetcher } from '../http/ranged-fetcher.ts';
import { type ObsAccess, withBucket } from './access.ts';
import type { Bucket } from './bucket.ts';
import { type Inventory, keyOf, requireWhole, takeInventory } from './inventory.ts';
import { removeEmptied } from './recorded.ts';
import { Renewal } from './renewal.ts';
import { MAX_LIST_BYTES, parseSignedList, serializeSignedList } from './signed-list.ts';
import { type Limiter, noLimits } from '../../transfer/rate-limits.ts';
import { SignedAddresses } from './signed-addresses.ts';
import { UploadSweep } from './upload-sweep.ts';
import { Uploads } from './uploads.ts';
import type { HttpClient } from '../http/client.ts';

const HOUR_MS = 3_600_000;
const CHECK_MS = 15_000;
const DISCARD_MS = 15_000;
/** Only what is sent is uploaded: what keys of items begin with (`TransferItem.key`). */
const SENT = 'sent';

export interface ObsSettings extends ObsAccess {
  readonly upload: 'share' | 'all';
  /** False where the storage is the bucket, mounted (BN-006, BO-03). */
  readonly needsUpload: boolean;
  /** Bytes per part, at least. */
  readonly partSize: number;
  /** Files, and parts of each, that are uploaded at once. */
  readonly connections: number;
  /** Where what is known of unfinished uploads lies, a directory per task. */
  readonly uploadsPath: string;
  readonly signedHours: number;
}

/** A task as far as its place in the bucket goes. */
type Placed = Pick<TransferItem, 'key' | 'name' | 'task' | 'obsKeys'>;

interface Published {
  bytes: number;
  readonly total: number;
  done: boolean;
  renewal?: Renewal;
}

/** Object storage: uploads in parts that survive stops and kills, downloads as ranges of signed addresses. */
export class ObsTransport implements Transport {
  readonly method = 'obs';
  /** For addresses that came with received tasks. */
  readonly #received: HttpClient;
  readonly #fetcher: RangedFetcher;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: Limiter;
  readonly #settings: () => ObsSettings;
  readonly #published = new Map<string, Published>();
  readonly #uploads: Uploads;

  constructor(
    components: {
      http: HttpClient;
      received?: HttpClient;
      fetcher: RangedFetcher;
      clock: Clock;
      log: Logger;
      limits?: Limiter;
    },
    settings: () => ObsSettings,
  ) {
    this.#received = components.received ?? components.http;
    this.#fetcher = components.fetcher;
    this.#clock = components.clock;
    this.#log = components.log;
    this.#limits = components.limits ?? noLimits;
    this.#settings = settings;
    this.#uploads = new Uploads(components);
  }

  async publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    await this.#withBucket(item, async (bucket, prefix) => {
      const state = await this.#begin(item);
      if (this.#needsUpload(item)) await this.#upload(item, bucket, prefix, state, signal);
      else requireWhole(await this.#inventory(item, bucket, prefix, signal), item.task.obs.url ?? '');
      await this.#sign(item);
      state.done = true;
      const everyMs = (this.#settings().signedHours * HOUR_MS) / 2;
      state.renewal = new Renewal({ clock: this.#clock, log: this.#log }, item.name, everyMs, () => this.#sign(item));
    });
  }

  async withdraw(item: TransferItem): Promise<void> {
    const state = this.#published.get(item.key);
    this.#published.delete(item.key);
    await state?.renewal?.stop();
  }

  async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    if (extents.length === 0) return;
    const load = () => this.#addresses(item, extents, signal);
    const { urlOf, renew } = await SignedAddresses.open(load, this.#clock);
    try {
      await this.#fetcher.fetch({ item, method: this.method, extents, ledger, urlOf, renew }, signal);
    } catch (error) {
      signal.throwIfAborted();
      // A signed address that is refused may just have expired: the next try fetches the list anew.
      if (!(error instanceof BftError) || error.answered !== 403) throw error;
      throw new BftError('OBS_REFUSED', error.message, { cause: error, permanent: false });
    }
  }

  /** Gives up for good what is unfinished of an upload: the task was cancelled or is another one now. Never throws. */
  async discard(item: Placed): Promise<void> {
    const directory = this.#directory(item);
    if (!(await exists(directory))) return;
    try {
      await this.#withBucket(item, bucket => this.#uploads.discard(bucket, directory, AbortSignal.timeout(DISCARD_MS)));
      await removeEmptied(directory);
    } catch (error) {
      this.#log.warn({ task: item.name, err: error }, 'what was half uploaded stays in the bucket for now');
    }
  }

  /** What looks after the uploads of tasks that the node has no more. */
  sweep(hasTask: (name: string) => Promise<boolean>): UploadSweep {
    const settings = () => {
      const { uploadsPath, ...access } = this.#settings();
      return { ...access, recordsPath: join(uploadsPath, SENT) };
    };
    return new UploadSweep({ uploads: this.#uploads, hasTask, log: this.#log }, settings);
  }

  /** Bytes in the bucket, and to be there, of what is being uploaded; nothing is asked. `key` is the item's. */
  uploaded(key: string): { readonly bytes: number; readonly total: number } | undefined {
    return this.#published.get(key);
  }

  status(item: TransferItem): Promise<PublishState> {
    if (!this.#needsUpload(item)) return this.#statusInBucket(item);
    const state = this.#published.get(item.key);
    if (!state) return Promise.resolve({ state: 'unavailable', reason: 'not published' });
    if (state.done) return Promise.resolve({ state: 'available' });
    return Promise.resolve({ state: 'uploading', bytes: state.bytes, total: state.total });
  }

  async #begin(item: TransferItem): Promise<Published> {
    await this.#published.get(item.key)?.renewal?.stop();
    const total = this.#uploadFiles(item).reduce((sum, file) => sum + item.manifest.extent(file).length, 0);
    const state: Published = { bytes: 0, total, done: false };
    this.#published.set(item.key, state);
    return state;
  }

  /** What users have put into the bucket themselves is there already (BS-30). */
  #needsUpload({ task }: TransferItem): boolean {
    return this.#settings().needsUpload && task.datasource !== 'obs';
  }

  /** Without an upload the bucket itself says how far it is (BU-08). */
  async #statusInBucket(item: TransferItem): Promise<PublishState> {
    try {
      const { bytes, total, faults } = await this.#withBucket(item, (bucket, prefix) =>
        this.#inventory(item, bucket, prefix, AbortSignal.timeout(CHECK_MS)),
      );
      return faults.length === 0 ? { state: 'available' } : { state: 'uploading', bytes, total };
    } catch (error) {
      return { state: 'unavailable', reason: asBftError(error, 'SOURCE_UNREACHABLE', 'obs').message };
    }
  }

  #inventory(item: TransferItem, bucket: Bucket, prefix: string, signal: AbortSignal): Promise<Inventory> {
    return takeInventory(bucket, prefix, item, this.#uploadFiles(item), signal);
  }

  #uploadFiles(item: TransferItem): readonly string[] {
    const isAll = this.#settings().upload === 'all' || item.task.obs.upload === 'all';
    return isAll ? item.task.filelist.map(({ file }) => file) : item.files('obs');
  }

  async #upload(
    item: TransferItem,
    bucket: Bucket,
    prefix: string,
    state: Published,
    signal: AbortSignal,
  ): Promise<void> {
    const { partSize, connections } = this.#settings();
    const files = this.#uploadFiles(item).map(file => ({
      key: keyOf(item.task.type, prefix, file),
      path: item.sourcePath(file),
      size: item.manifest.extent(file).length,
      sha1: item.manifest.sha1(file),
    }));
    const onBytes = (bytes: number) => (state.bytes += bytes);
    const request = { files, directory: this.#directory(item), partSize, connections, onBytes };
    await this.#limits.through(item.name, this.method, 'up', throttle =>
      this.#uploads.run(bucket, { ...request, throttle }, signal),
    );
  }

  #directory({ key }: Placed): string {
    return join(this.#settings().uploadsPath, key);
  }

  async #sign(item: TransferItem): Promise<void> {
    const urls = await this.#signedUrls(item, this.#uploadFiles(item));
    const path = new Layout(item.packagePath).signedListPath(item.name, item.task.obs.signedlist);
    await makeDirectory(dirname(path));
    const expires = new Date(this.#clock.now() + this.#settings().signedHours * HOUR_MS);
    await writeAfresh(path, serializeSignedList(urls, expires));
  }

  async #signedUrls(item: TransferItem, files: readonly string[]): Promise<Map<string, string>> {
    const seconds = this.#settings().signedHours * 3600;
    const urlOf = (bucket: Bucket, prefix: string, file: string) =>
      bucket.signedUrl(keyOf(item.task.type, prefix, file), seconds);
    return await this.#withBucket(item, (bucket, prefix) =>
      Promise.resolve(new Map(files.map(file => [file, urlOf(bucket, prefix, file)]))),
    );
  }

  /** A task names its list of signed addresses; one of an original sender carries the keys instead, and we sign ourselves. */
  async #addresses(item: TransferItem, extents: readonly Extent[], signal: AbortSignal): Promise<Map<string, string>> {
    const files = extents.map(({ file }) => file);
    const list = item.task.obs.signedlist;
    if (list === undefined) return await this.#signedUrls(item, files);
    return parseSignedList(await this.#downloadList(list, signal), files, shownUrl(list));
  }

  /** The sender may publish the list a moment later: no refusal of it is final. */
  async #downloadList(url: string, signal: AbortSignal): Promise<Uint8Array> {
    try {
      return await download(this.#received, url, MAX_LIST_BYTES, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const { message } = asBftError(cause, 'SOURCE_UNREACHABLE', 'signed list');
      throw new BftError('OBS_SIGNED_LIST', `no list of signed addresses: ${message}`, { cause, permanent: false });
    }
  }

  /** Keys by precedence: given for this task, carried by it, the node's own (decision 23). */
  #withBucket<T>(item: Placed, use: (bucket: Bucket, prefix: string) => Promise<T>): Promise<T> {
    const keys = item.obsKeys ?? taskObsKeys(item.task);
    const place = { what: item.name, url: item.task.obs.url ?? '', keys };
    return withBucket(this.#settings(), place, (bucket, { prefix }) => use(bucket, prefix));
  }
}
