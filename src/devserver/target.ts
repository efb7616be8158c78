import { refusal } from './obs-error.ts';

const MAX_KEY_BYTES = 1024;

/** What a request is about. */
export interface Target {
  /** '' for the service itself. */
  readonly bucket: string;
  /** Decoded; '' for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** The path as it was sent, not decoded, with the bucket in front: what the signature covers. */
  readonly resource: string;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refusal('InvalidURI');
  }
}

/** The bucket that the Host header names in virtual-host style, if it does. */
export function bucketOfHost(host: string, domain: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;
}

/** Reads path style and virtual-host style. `URL` is no help here: it would normalise the dots of keys such as `a/../b`. */
export function parseTarget(url: string, host: string, domain: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const named = bucketOfHost(host, domain);
  const resource = named === undefined ? path : `/${named}${path}`;
  const [, bucket, key = ''] = /^\/([^/]*)(?:\/(.*))?$/s.exec(resource) ?? [];
  if (bucket === undefined) throw refusal('InvalidURI');
  const target = { bucket: decode(bucket), key: decode(key), resource };
  if (Buffer.byteLength(target.key) > MAX_KEY_BYTES) throw refusal('KeyTooLongError');
  return { ...target, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

/** A whole number from the query, `fallback` when it is not there. */
export function countOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^\d{1,9}$/.test(text)) throw refusal('InvalidArgument', `${name} must be a whole number`);
  return Number(text);
}
