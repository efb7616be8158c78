import type { IncomingHttpHeaders } from 'node:http';
import { httpDate } from './http-date.ts';

/** A file that was written so lately may be written again within the same second: its time does not tell its contents apart. */
const SETTLED_MS = 60_000;

/** What tells one state of a file from another: a strong entity tag, and a time in whole seconds as HTTP writes it. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}

/** Evaluates the preconditions in the order of RFC 9110, 13.2.2, before any range. 200: go on. */
export function precondition(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): 200 | 304 | 412 {
  const modified = Date.parse(lastModified);
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const unmodifiedSince = httpDate(headers['if-unmodified-since']);
  const modifiedSince = httpDate(headers['if-modified-since']);
  if (match === undefined ? unmodifiedSince !== undefined && modified > unmodifiedSince : !lists(match, etag)) {
    return 412;
  }
  if (noneMatch !== undefined) return lists(noneMatch.replaceAll('W/"', '"'), etag) ? 304 : 200;
  return modifiedSince !== undefined && modified <= modifiedSince ? 304 : 200;
}

/**
 * Whether the ranges apply: the client's part is of this very file (RFC 9110, 13.1.5: strong tag or exact date). A date is a strong validator only
 * when it lies a minute before the answer's own (8.8.2.2). `now`: ms.
 */
export function isSameFile(
  ifRange: string | string[] | undefined,
  { etag, lastModified }: Validators,
  now = Date.now(),
): boolean {
  if (ifRange === undefined || ifRange === etag) return true;
  const modified = Date.parse(lastModified);
  return typeof ifRange === 'string' && httpDate(ifRange) === modified && now - modified >= SETTLED_MS;
}

/** `*`, or a list with this very tag. Weak tags of a list are never equal to ours, which is strong. */
function lists(header: string, etag: string): boolean {
  return header.split(',').some(item => ['*', etag].includes(item.trim()));
}
