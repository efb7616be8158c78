import type { IncomingHttpHeaders } from 'node:http';
import { refusal } from './obs-error.ts';

function names(header: string, etag: string): boolean {
  return header.split(',').some(item => ['*', etag, `"${etag}"`].includes(item.trim()));
}

/** RFC 9110, 13.1: refuses when If-Match does not hold; true when If-None-Match says that the client has it already. */
export function isNotModified(headers: IncomingHttpHeaders, etag: string): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !names(match, etag)) throw refusal('PreconditionFailed');
  return noneMatch !== undefined && names(noneMatch, etag);
}
