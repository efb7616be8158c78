import { BftError } from '../../core/errors.ts';
import { checkPaths } from '../../task/names.ts';
import { MAX_FILES } from '../../task/task-file.ts';
import type { BucketPlace, BucketSource, SourceFile, SourceListing } from '../../transfer/bucket-source.ts';
import type { HttpClient } from '../http/client.ts';
import { requestRange } from '../http/range-request.ts';
import { type ObsAccess, withBucket } from './access.ts';
import type { Bucket } from './bucket.ts';
import { keyOf } from './inventory.ts';

/** An address is used at once; the clocks may differ by minutes. */
const URL_SECONDS = 3600;

/** Packages that users have put into a bucket: listed through the SDK, read as ranges of signed addresses. */
export class ObsSource implements BucketSource {
  readonly #http: HttpClient;
  readonly #access: () => ObsAccess;

  constructor({ http }: { http: HttpClient }, access: () => ObsAccess) {
    this.#http = http;
    this.#access = access;
  }

  list(place: BucketPlace, signal: AbortSignal): Promise<SourceListing> {
    return withBucket(this.#access(), { what: place.name, ...place }, async (bucket, { prefix }) => {
      const files = await listBelow(bucket, prefix, signal);
      checkPaths(files.map(({ file }) => file));
      if (files.length > 0) return { type: 'dir', files };
      const single = await bucket.head(prefix, signal);
      if (!single) throw new BftError('SOURCE_MISSING', `there is nothing at ${place.url}`);
      return { type: 'file', files: [{ file: place.name, size: single.size, mtimeMs: single.mtimeMs }] };
    });
  }

  async *read(
    place: BucketPlace,
    { type }: Pick<SourceListing, 'type'>,
    { file, size }: Omit<SourceFile, 'mtimeMs'>,
    range: { readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const url = await withBucket(this.#access(), { what: place.name, ...place }, (bucket, { prefix }) =>
      Promise.resolve(bucket.signedUrl(keyOf(type, prefix, file), URL_SECONDS)),
    );
    // The bytes of a request are good until the next ones come; whoever reads a package may keep them.
    for await (const bytes of requestRange(this.#http, url, range, size, signal)) yield Uint8Array.from(bytes);
  }
}

/** The objects below the prefix; what the consoles of providers show as folders are empty objects with a trailing slash. */
async function listBelow(bucket: Bucket, prefix: string, signal: AbortSignal): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const { key, size, mtimeMs } of bucket.list(`${prefix}/`, signal)) {
    if (key.endsWith('/') && size === 0) continue;
    if (files.length === MAX_FILES)
      throw new BftError('SOURCE_REFUSED', `there are more than ${MAX_FILES} objects below ${prefix}`);
    files.push({ file: key.slice(prefix.length + 1), size, mtimeMs });
  }
  return files;
}
