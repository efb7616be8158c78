import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Context } from 'koa';
import { BftError } from '../core/errors.ts';
import { isLoopback } from '../core/listen.ts';

/**
 * The Host header must be one of ours, against DNS rebinding (faults.md, hostile input 1): on a loopback listener a name of the loopback; elsewhere also
 * an address of this machine, the name that is listened on, or one of `hostnames` (separated by commas).
 */
export function checkHost(ctx: Context, listenHost: string, hostnames: string): void {
  const host = ctx.req.headers.host?.replace(/:\d+$/, '').toLowerCase();
  // HTTP/1.0 may leave it out; browsers never do.
  if (host === undefined || isLoopback(host)) return;
  if (!isLoopback(listenHost) && (isOwnAddress(host) || namesOf(listenHost, hostnames).includes(host))) return;
  throw new BftError('HOST_FOREIGN', `the Host ${JSON.stringify(host.slice(0, 100))} is not this node`);
}

/** Looked up each time: a machine may get and lose addresses. */
function isOwnAddress(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 0) return false;
  return Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === bare));
}

const namesOf = (listenHost: string, hostnames: string) =>
  [listenHost, ...hostnames.split(',')].map(name => name.trim().toLowerCase()).filter(name => name !== '');

/**
 * Pages of other sites may not call at all (faults.md, hostile input 2). What they say is where they came from, also by which scheme: who is between the
 * browser and a name without TLS is not ours.
 */
export function checkOrigin(ctx: Context, isTls: boolean): void {
  const origin = ctx.get('origin');
  if (origin === '') return;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const isOurs = url?.host === ctx.get('host').toLowerCase() && (url.protocol === 'https:' || !isTls);
  if (!isOurs) throw foreign(origin);
}

/**
 * Not every call of a page has an Origin: images and scripts have none. Browsers say then what called (Fetch Metadata); who follows a link to a page of
 * ours may come from anywhere.
 */
export function checkSite(ctx: Context): void {
  if (!['cross-site', 'same-site'].includes(ctx.get('sec-fetch-site'))) return;
  const isVisit = ctx.get('sec-fetch-mode') === 'navigate' && ctx.get('sec-fetch-dest') === 'document';
  if (!isVisit || !['GET', 'HEAD'].includes(ctx.method)) throw foreign(ctx.get('referer') || 'another site');
}

const foreign = (what: string) =>
  new BftError('ORIGIN_FOREIGN', `a page of ${JSON.stringify(what.slice(0, 100))} called`);

/** Compares secrets; how long it takes says nothing about them. */
export function isSame(given: string, wanted: string): boolean {
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
