import type { IncomingHttpHeaders } from 'node:http';

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

/** Whether the ranges apply: the client's part is of this very file (RFC 9110, 13.1.5: strong tag or exact date). */
export function isSameFile(ifRange: string | string[] | undefined, { etag, lastModified }: Validators): boolean {
  return ifRange === undefined || ifRange === etag || ifRange === lastModified;
}

/** `*`, or a list with this very tag. Weak tags of a list are never equal to ours, which is strong. */
function lists(header: string, etag: string): boolean {
  return header.split(',').some(item => ['*', etag].includes(item.trim()));
}

/** ms, or nothing for what is no date in the one form that may be sent (RFC 9110, 5.6.7): such a header is ignored. */
function httpDate(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return !Number.isNaN(time) && new Date(time).toUTCString() === text ? time : undefined;
}
