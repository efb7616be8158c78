import ObsClient, { type CallResult, type RunningRequest } from 'esdk-obs-nodejs';
import { asBftError, BftError, type ErrorCode } from '../../core/errors.ts';
import type { ObsKeys } from '../../task/task-file.ts';
import { endpointUrl } from './address.ts';

const CALL_TIMEOUT_S = 60;
const FORBIDDEN = 403;
const GONE = 404;
const PAGE_KEYS = 1000;

export interface ObjectInfo {
  readonly size: number;
  /** When it was last put there, ms. */
  readonly mtimeMs: number;
  /** Our own SHA-1 of the content, if we uploaded it. */
  readonly sha1: string | undefined;
}

interface CallTarget {
  readonly Bucket: string;
  readonly Key: string;
  readonly RequestHook: (request: RunningRequest) => void;
}

/** One bucket through the SDK: calls that reject instead of resolving with an error, and that a signal can stop. */
export class Bucket {
  readonly #client: ObsClient;
  readonly #bucket: string;

  private constructor(client: ObsClient, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  static async open(keys: ObsKeys, bucket: string, urlStyle: 'auto' | 'path'): Promise<Bucket> {
    const client = new ObsClient({
      access_key_id: keys.accessKey,
      secret_access_key: keys.secretKey,
      server: endpointUrl(keys.endpoint),
      path_style: urlStyle === 'path',
      signature: urlStyle === 'path' ? 'v2' : 'obs',
      ssl_verify: true,
      max_retry_count: 0,
      timeout: CALL_TIMEOUT_S,
      long_conn_param: CALL_TIMEOUT_S,
    });
    // The SDK finishes its construction in the next tick; signing before that throws.
    await Promise.resolve();
    return new Bucket(client, bucket);
  }

  close(): void {
    this.#client.close();
  }

  /** An address that anyone may GET for `seconds`. */
  signedUrl(key: string, seconds: number): string {
    return this.#client.createSignedUrlSync({ Method: 'GET', Bucket: this.#bucket, Key: key, Expires: seconds })
      .SignedUrl;
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    const result = await this.#call(key, signal, target => this.#client.getObjectMetadata(target), [GONE]);
    if (result.CommonMsg.Status === GONE) return undefined;
    const metadata = (result.InterfaceResult?.Metadata ?? {}) as Record<string, string | undefined>;
    const { ContentLength, LastModified } = result.InterfaceResult ?? {};
    return { size: Number(ContentLength), mtimeMs: Date.parse(String(LastModified)), sha1: metadata.sha1 };
  }

  /** The objects whose keys begin with `prefix`, in key order; asked for page by page. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<Omit<ObjectInfo, 'sha1'> & { key: string }> {
    let marker = '';
    for (;;) {
      const page = { Prefix: prefix, Marker: marker, MaxKeys: PAGE_KEYS };
      const { InterfaceResult } = await this.#call(prefix, signal, target =>
        this.#client.listObjects({ ...target, ...page }),
      );
      const objects = (InterfaceResult?.Contents ?? []) as readonly {
        Key: string;
        Size: string;
        LastModified: string;
      }[];
      for (const { Key, Size, LastModified } of objects)
        yield { key: Key, size: Number(Size), mtimeMs: Date.parse(LastModified) };
      marker = objects.at(-1)?.Key ?? '';
      if (String(InterfaceResult?.IsTruncated) !== 'true' || marker === '') return;
    }
  }

  async put(key: string, path: string, size: number, sha1: string, signal: AbortSignal): Promise<void> {
    const body = { SourceFile: path, ContentLength: size, Metadata: { sha1 } };
    await this.#call(key, signal, target => this.#client.putObject({ ...target, ...body }));
  }

  async beginParts(key: string, sha1: string, signal: AbortSignal): Promise<string> {
    const result = await this.#call(key, signal, target =>
      this.#client.initiateMultipartUpload({ ...target, Metadata: { sha1 } }),
    );
    return String(result.InterfaceResult?.UploadId);
  }

  /** Uploads bytes [offset, offset + size) of a file as part `number` (from 1). Resolves with the part's ETag. */
  async putPart(
    key: string,
    upload: string,
    part: { number: number; path: string; offset: number; size: number },
    signal: AbortSignal,
  ): Promise<string> {
    const body = {
      UploadId: upload,
      PartNumber: part.number,
      SourceFile: part.path,
      Offset: part.offset,
      PartSize: part.size,
    };
    const result = await this.#call(key, signal, target => this.#client.uploadPart({ ...target, ...body }));
    return String(result.InterfaceResult?.ETag);
  }

  async completeParts(key: string, upload: string, etags: readonly string[], signal: AbortSignal): Promise<void> {
    const Parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
    await this.#call(key, signal, target =>
      this.#client.completeMultipartUpload({ ...target, UploadId: upload, Parts }),
    );
  }

  /** Idempotent. */
  async abortParts(key: string, upload: string, signal: AbortSignal): Promise<void> {
    await this.#call(key, signal, target => this.#client.abortMultipartUpload({ ...target, UploadId: upload }), [GONE]);
  }

  /** Ids of the uploads of this key that were begun and neither completed nor aborted: they never expire. None for keys that may not list. */
  async unfinishedUploads(key: string, signal: AbortSignal): Promise<string[]> {
    const list = (target: CallTarget) => this.#client.listMultipartUploads({ ...target, Prefix: key });
    const { InterfaceResult } = await this.#call(key, signal, list, [FORBIDDEN, GONE]);
    const uploads = (InterfaceResult?.Uploads ?? []) as readonly { Key: string; UploadId: string }[];
    return uploads.filter(upload => upload.Key === key).map(({ UploadId }) => UploadId);
  }

  async #call(
    key: string,
    signal: AbortSignal,
    call: (target: CallTarget) => Promise<CallResult>,
    allowed: readonly number[] = [],
  ): Promise<CallResult> {
    signal.throwIfAborted();
    let running: RunningRequest | undefined;
    const stop = () => running?.destroy(new Error('stopped'));
    signal.addEventListener('abort', stop);
    try {
      const RequestHook = (request: RunningRequest) => {
        running = request;
        if (signal.aborted) stop();
      };
      const result = await call({ Bucket: this.#bucket, Key: key, RequestHook });
      signal.throwIfAborted();
      if (result.CommonMsg.Status < 300 || allowed.includes(result.CommonMsg.Status)) return result;
      throw refusal(`obs://${this.#bucket}/${key}`, result.CommonMsg);
    } catch (error) {
      signal.throwIfAborted();
      throw asBftError(error, 'SOURCE_UNREACHABLE', `obs://${this.#bucket}/${key}`);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

function refusal(what: string, { Status, Code, Message }: CallResult['CommonMsg']): BftError {
  const heals = Status >= 500 || Status === 408 || Status === 429 || Code === 'RequestTimeout';
  const code: ErrorCode = heals ? 'SOURCE_UNREACHABLE' : 'OBS_REFUSED';
  return new BftError(code, `${what}: the bucket answered ${Status} ${Code ?? ''} ${Message ?? ''}`.trimEnd(), {
    permanent: !heals,
  });
}
