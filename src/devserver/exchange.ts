import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect } from './signature.ts';
import type { Store } from './storage/store.ts';
import type { Target } from './target.ts';
import { xmlDocument } from './xml.ts';

/** An authenticated request, as the operations see it. */
export interface Call {
  readonly target: Target;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  readonly dialect: Dialect;
  readonly store: Store;
  /** ms since the epoch. */
  readonly now: number;
}

export interface Body {
  /** Bytes. */
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

export type Handler = (call: Call) => Promise<Reply>;

export function bytesBody(text: string): Body {
  const bytes = Buffer.from(text);
  return { size: bytes.length, chunks: [bytes] };
}

export function xmlReply(root: string, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: bytesBody(xmlDocument(root)) };
}
