import { shownUrl } from '../../core/shown-url.ts';
import type { Got } from 'got';
import { asBftError, BftError } from '../../core/errors.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { PublishState, Transport } from '../../transfer/transport.ts';
import { checkUrl, fileUrl } from '../http/client.ts';
import { networkError, statusError } from '../http/failures.ts';
import type { RangedFetcher } from '../http/ranged-fetcher.ts';

/** A CDN that takes longer to answer is not available to somebody who asks for the progress. */
const CHECK_MS = 5000;

/** HTTP from a CDN that pulls from the sender's origin: nothing is uploaded, only reachability is checked (BO-04, BU-09). */
export class CdnTransport implements Transport {
  readonly method = 'cdn';
  readonly #http: Got;
  readonly #fetcher: RangedFetcher;

  constructor({ http, fetcher }: { http: Got; fetcher: RangedFetcher }) {
    this.#http = http;
    this.#fetcher = fetcher;
  }

  /** Resolves when the largest file of the share answers with its size; of the package, when cdn has no share and is to take one over. */
  async publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    const share = item.files('cdn');
    const files = share.length > 0 || !item.task.cdn.url ? share : item.task.filelist.map(({ file }) => file);
    const sizes = files.map(file => item.manifest.extent(file));
    const largest = sizes.reduce<Extent | undefined>(
      (most, file) => (most && most.length >= file.length ? most : file),
      undefined,
    );
    if (largest) await this.#check(addressOf(item, largest.file), largest.length, signal);
  }

  withdraw(): Promise<void> {
    return Promise.resolve();
  }

  async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    if (extents.length === 0) return;
    await this.#fetcher.fetch(
      { item, method: this.method, extents, ledger, urlOf: file => addressOf(item, file) },
      signal,
    );
  }

  async status(item: TransferItem): Promise<PublishState> {
    try {
      await this.publish(item, AbortSignal.timeout(CHECK_MS));
      return { state: 'available' };
    } catch (error) {
      return { state: 'unavailable', reason: asBftError(error, 'SOURCE_UNREACHABLE', 'cdn').message };
    }
  }

  async #check(address: string, size: number, signal: AbortSignal): Promise<void> {
    const url = checkUrl(address);
    const answer = await this.#http.head(url, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw networkError(error, url);
    });
    // A CDN may not have pulled the file yet: any refusal here may heal.
    if (answer.statusCode !== 200) {
      throw new BftError('SOURCE_REFUSES', statusError(answer.statusCode, url, answer.headers).message, {
        permanent: false,
      });
    }
    const length = answer.headers['content-length'];
    if (length !== undefined && Number(length) !== size) {
      throw new BftError('SOURCE_REFUSES', `${shownUrl(url)} has ${length} bytes, not ${size}`, { permanent: false });
    }
  }
}

/** cdn.url names the package: a directory, or the one file. */
function addressOf({ name, task }: TransferItem, file: string): string {
  if (!task.cdn.url) throw new BftError('TASK_FILE_INVALID', `${name} has a cdn share and no cdn.url`);
  return task.type === 'file' ? task.cdn.url : fileUrl(task.cdn.url, file);
}
