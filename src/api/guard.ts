import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Context } from 'koa';
import { asBftError, BftError } from '../core/errors.ts';

const MAX_BODY = 1024 * 1024;

/** True for names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Who may call (faults.md, hostile input 1 to 3): on a loopback listener the Host header must be a loopback name, against DNS rebinding; elsewhere the
 * token is needed; pages of other sites may not call at all.
 */
export function checkCaller(ctx: Context, listenHost: string, token: string): void {
  const host = ctx.req.headers.host?.replace(/:\d+$/, '');
  // HTTP/1.0 may leave it out; browsers never do.
  if (isLoopback(listenHost) && host !== undefined && !isLoopback(host))
    throw new BftError('HOST_FOREIGN', `the Host ${JSON.stringify(host)} is not this node`);
  const origin = ctx.get('origin');
  if (origin !== '' && (!URL.canParse(origin) || new URL(origin).host !== ctx.get('host'))) {
    throw new BftError('ORIGIN_FOREIGN', `a page of ${JSON.stringify(origin.slice(0, 100))} called`);
  }
  if (token !== '' && !isSame(ctx.get('authorization'), `Bearer ${token}`))
    throw new BftError('UNAUTHORISED', 'the token is missing or wrong');
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/**
 * JSON bodies only. One without a content type, or with curl's default one, is taken on the loopback address (decision 3): the documents' curl lines
 * have a broken header.
 */
export function checkContentType(ctx: Context, listenHost: string): void {
  const type = ctx.get('content-type').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return;
  const isCurl = type === '' || type === 'application/x-www-form-urlencoded';
  if (!(isCurl && isLoopback(listenHost)))
    throw new BftError('CONTENT_TYPE', `the content type ${JSON.stringify(type)} is not application/json`);
}

/** Reads the body, at most 1 MiB. A client that goes in the middle is no defect of ours. */
export async function readBody(ctx: Context): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY) throw new BftError('BODY_TOO_LARGE', `the body is larger than ${MAX_BODY} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw asBftError(error, 'BODY_NOT_JSON', 'the body broke off');
  }
  return Buffer.concat(chunks);
}
