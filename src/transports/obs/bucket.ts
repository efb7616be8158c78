import ObsClient, { type CallResult } from 'esdk-obs-nodejs';
import type { ClientRequest } from 'node:http';
import type { ObsKeys } from '../../task/task-file.ts';
import { endpointUrl } from './address.ts';
import type { SignedPut } from './put-bytes.ts';
import { unreadableAnswer } from './refusal.ts';
import { callSdk, headSdk } from './sdk-call.ts';

const CALL_MS = 60_000;
/** A bucket may take minutes to put thousands of parts together. */
const COMPLETE_MS = 600_000;
/** A signed PUT is sent at once; the clocks may differ by minutes, and a slow line takes its time. */
const PUT_SECONDS = 86_400;
const FORBIDDEN = 403;
const GONE = 404;
const PAGE_KEYS = 1000;
/** More keys than any package has beside those of the prefix: a listing without end. */
const MAX_LISTED = 1_000_000;

export interface ObjectInfo {
  readonly size: number;
  /** When it was last put there, ms. */
  readonly mtimeMs: number;
  /** Our own SHA-1 of the content, if we uploaded it. */
  readonly sha1: string | undefined;
}

export interface ListedPart {
  readonly etag: string;
  readonly size: number;
}

/** An upload in parts that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly upload: string;
  /** When it was begun as the bucket says, ms since the epoch; NaN when it does not. */
  readonly initiatedMs: number;
}

interface CallTarget {
  readonly Bucket: string;
  readonly Key: string;
  readonly RequestHook: (request: ClientRequest) => void;
}

/**
 * One bucket through the SDK, which signs and speaks XML; the bytes of objects go their own way. Calls are tried once. They reject with OBS_REFUSED (for
 * good), SOURCE_UNREACHABLE (may heal), OBS_ANSWER (what came is no answer) or the signal's reason.
 */
export class Bucket {
  readonly name: string;
  readonly #client: ObsClient;

  private constructor(client: ObsClient, name: string) {
    this.#client = client;
    this.name = name;
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
      timeout: COMPLETE_MS / 1000,
      long_conn_param: CALL_MS / 1000,
    });
    // The SDK finishes its construction in the next tick; signing before that throws.
    await Promise.resolve();
    return new Bucket(client, bucket);
  }

  close(): void {
    this.#client.close();
  }

  /** An object as errors name it. */
  shown(key: string): string {
    return `obs://${this.name}/${key}`;
  }

  /** An address that anyone may GET for `seconds`. */
  signedUrl(key: string, seconds: number): string {
    return this.#sign({ Method: 'GET', Key: key, Expires: seconds });
  }

  /** Where a whole object goes. `md5` is that of its bytes. */
  signedObject(key: string, md5: Buffer, sha1: string): SignedPut {
    return this.#signedPut(key, { ...contentMd5(md5), [`${this.#headerPrefix(key)}meta-sha1`]: sha1 });
  }

  /** Where part `number` (from 1) of an upload goes. */
  signedPart(key: string, upload: string, number: number, md5: Buffer): SignedPut {
    return this.#signedPut(key, contentMd5(md5), { partNumber: String(number), uploadId: upload });
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    const send = (RequestHook: CallTarget['RequestHook']) =>
      this.#client.getObjectMetadata({ Bucket: this.name, Key: key, RequestHook });
    const call = { what: this.shown(key), timeoutMs: CALL_MS, allowed: [GONE], send };
    const { status, headers } = await headSdk(call, signal);
    if (status === GONE) return undefined;
    const size = this.#count(key, headers['content-length']);
    const sha1 = headers['x-obs-meta-sha1'] ?? headers['x-amz-meta-sha1'];
    return { size, mtimeMs: Date.parse(String(headers['last-modified'])), sha1: sha1?.toString() };
  }

  /** The objects whose keys begin with `prefix`, in key order; asked for page by page. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<Omit<ObjectInfo, 'sha1'> & { key: string }> {
    let marker = '';
    let listed = 0;
    for (;;) {
      const page = { Prefix: prefix, Marker: marker, MaxKeys: PAGE_KEYS };
      const result = await this.#call(prefix, signal, target => this.#client.listObjects({ ...target, ...page }));
      const { objects, isLast } = this.#page(prefix, result, 'Contents');
      for (const { Key, Size, LastModified } of objects) {
        const key = String(Key);
        if (Buffer.compare(Buffer.from(key), Buffer.from(marker)) <= 0 || ++listed > MAX_LISTED)
          throw unreadableAnswer(this.shown(prefix), 'the listing has no end');
        marker = key;
        yield { key, size: this.#count(key, Size), mtimeMs: Date.parse(String(LastModified)) };
      }
      if (isLast || objects.length === 0) return;
    }
  }

  async beginParts(key: string, sha1: string, signal: AbortSignal): Promise<string> {
    const { InterfaceResult } = await this.#call(key, signal, target =>
      this.#client.initiateMultipartUpload({ ...target, Metadata: { sha1 } }),
    );
    const upload = InterfaceResult?.UploadId;
    if (typeof upload === 'string' && upload !== '') return upload;
    throw unreadableAnswer(this.shown(key), 'the bucket began an upload without an id');
  }

  /** The parts that the bucket has of an upload, by number; undefined when it does not know the upload. */
  async listParts(key: string, upload: string, signal: AbortSignal): Promise<Map<number, ListedPart> | undefined> {
    const parts = new Map<number, ListedPart>();
    for (let marker = 0; ; ) {
      const page = { UploadId: upload, PartNumberMarker: marker };
      const list = (target: CallTarget) => this.#client.listParts({ ...target, ...page });
      const result = await this.#call(key, signal, list, [GONE]);
      if (result.CommonMsg.Status === GONE) return undefined;
      const { objects, isLast } = this.#page(key, result, 'Parts');
      for (const { PartNumber, ETag, Size } of objects) {
        const number = this.#count(key, PartNumber);
        if (number <= marker) throw unreadableAnswer(this.shown(key), 'the list of parts goes round in circles');
        marker = number;
        parts.set(number, { etag: plainEtag(ETag), size: this.#count(key, Size) });
      }
      if (isLast || objects.length === 0) return parts;
    }
  }

  /** Answers 200 also when it failed: look whether the object is there. */
  async completeParts(key: string, upload: string, etags: readonly string[], signal: AbortSignal): Promise<void> {
    const Parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
    const complete = (target: CallTarget) =>
      this.#client.completeMultipartUpload({ ...target, UploadId: upload, Parts });
    await this.#call(key, signal, complete, [], COMPLETE_MS);
  }

  /** Idempotent. */
  async abortParts(key: string, upload: string, signal: AbortSignal): Promise<void> {
    await this.#call(key, signal, target => this.#client.abortMultipartUpload({ ...target, UploadId: upload }), [GONE]);
  }

  /**
   * Uploads of keys with this prefix that were begun and neither completed nor aborted, a thousand at most: they never expire. None for keys that may not
   * list.
   */
  async unfinishedUploads(prefix: string, signal: AbortSignal): Promise<UnfinishedUpload[]> {
    const list = (target: CallTarget) => this.#client.listMultipartUploads({ ...target, Prefix: prefix });
    const result = await this.#call(prefix, signal, list, [FORBIDDEN, GONE]);
    if (result.CommonMsg.Status >= 300) return [];
    const { objects } = this.#page(prefix, result, 'Uploads');
    return objects.map(({ Key, UploadId, Initiated }) => ({
      key: String(Key),
      upload: String(UploadId),
      initiatedMs: Date.parse(String(Initiated)),
    }));
  }

  #sign(request: Omit<Parameters<ObsClient['createSignedUrlSync']>[0], 'Bucket'>): string {
    return this.#client.createSignedUrlSync({ ...request, Bucket: this.name }).SignedUrl;
  }

  #signedPut(key: string, headers: Record<string, string>, QueryParams: Record<string, string> = {}): SignedPut {
    const request = { Method: 'PUT', Key: key, Expires: PUT_SECONDS, Headers: headers, QueryParams } as const;
    return { url: this.#sign(request), headers };
  }

  /** The SDK decides by the endpoint which signature it makes; the names of the headers go with it. */
  #headerPrefix(key: string): string {
    return new URL(this.signedUrl(key, PUT_SECONDS)).searchParams.has('AWSAccessKeyId') ? 'x-amz-' : 'x-obs-';
  }

  #page(key: string, { InterfaceResult = {} }: CallResult, list: string): ListPage {
    const { IsTruncated, [list]: objects = [] } = InterfaceResult;
    const isList = Array.isArray(objects) && objects.every(entry => typeof entry === 'object' && entry !== null);
    if (isList && (IsTruncated === 'true' || IsTruncated === 'false'))
      return { objects: objects as ListPage['objects'], isLast: IsTruncated === 'false' };
    throw unreadableAnswer(this.shown(key), 'what came is no listing');
  }

  #count(key: string, text: unknown): number {
    const count = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(count)) return count;
    throw unreadableAnswer(this.shown(key), `${JSON.stringify(text)?.slice(0, 50)} is no size or number`);
  }

  #call(
    key: string,
    signal: AbortSignal,
    call: (target: CallTarget) => Promise<CallResult>,
    allowed: readonly number[] = [],
    timeoutMs = CALL_MS,
  ): Promise<CallResult> {
    const send = (RequestHook: CallTarget['RequestHook']) => call({ Bucket: this.name, Key: key, RequestHook });
    return callSdk({ what: this.shown(key), timeoutMs, allowed, send }, signal);
  }
}

interface ListPage {
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  readonly isLast: boolean;
}

const contentMd5 = (md5: Buffer) => ({ 'content-md5': md5.toString('base64') });

/** ETags come with quotation marks or without. */
export const plainEtag = (etag: unknown): string => (typeof etag === 'string' ? etag.replaceAll('"', '') : '');
