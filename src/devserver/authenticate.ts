import { timingSafeEqual } from 'node:crypto';
import { refusal } from './obs-error.ts';
import { type Dialect, type Signable, sign, stringToSign } from './signature.ts';
import type { Target } from './target.ts';

const MAX_SKEW_MS = 15 * 60 * 1000;

export interface SignedRequest {
  readonly method: string;
  readonly headers: Readonly<NodeJS.Dict<string[]>>;
  readonly target: Target;
}

interface Claim {
  readonly accessKey: string;
  readonly signature: string;
  readonly signable: Signable;
}

/** The family of names that the answer has to use, whether or not the signature is good. */
export function dialectOf({ headers, target: { query } }: SignedRequest): Dialect {
  const aws = headers.authorization?.[0]?.startsWith('AWS') ?? query.has('AWSAccessKeyId');
  return aws ? 'amz' : 'obs';
}

function signableOf(request: SignedRequest, date: string, presigned: boolean): Signable {
  const { method, headers, target } = request;
  const { resource, query } = target;
  return { method, headers, resource, query, dialect: dialectOf(request), date, presigned };
}

function headerClaim(request: SignedRequest, authorization: string, now: number): Claim {
  const [, accessKey, signature] = /^(?:OBS|AWS) (\S+):(\S+)$/.exec(authorization) ?? [];
  if (accessKey === undefined || signature === undefined) {
    throw refusal('InvalidArgument', 'Unsupported Authorization Type');
  }
  const own = request.headers[`x-${dialectOf(request)}-date`]?.[0];
  const plain = request.headers.date?.[0] ?? '';
  const time = Date.parse(own ?? plain);
  if (Number.isNaN(time)) throw refusal('AccessDenied', 'Authentication requires a valid date');
  if (Math.abs(now - time) > MAX_SKEW_MS) throw refusal('RequestTimeTooSkewed');
  return { accessKey, signature, signable: signableOf(request, own === undefined ? plain : '', false) };
}

function queryClaim(request: SignedRequest, now: number): Claim {
  const { query } = request.target;
  const accessKey = query.get('AccessKeyId') ?? query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  if (accessKey === null || signature === null) throw refusal('AccessDenied', 'Anonymous access is forbidden');
  const expires = query.get('Expires') ?? '';
  if (!/^\d{1,12}$/.test(expires)) throw refusal('AccessDenied', 'Expires must be seconds since the epoch');
  if (Number(expires) * 1000 < now) throw refusal('AccessDenied', 'Request has expired');
  return { accessKey, signature, signable: signableOf(request, expires, true) };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Throws the protocol's refusal unless the request is signed with a key of ours, in the header or in the query. */
export function authenticate(request: SignedRequest, keys: ReadonlyMap<string, string>, now: number): void {
  const authorization = request.headers.authorization?.[0];
  const claim = authorization === undefined ? queryClaim(request, now) : headerClaim(request, authorization, now);
  const secret = keys.get(claim.accessKey);
  if (secret === undefined) throw refusal('InvalidAccessKeyId');
  if (!same(claim.signature, sign(secret, stringToSign(claim.signable)))) throw refusal('SignatureDoesNotMatch');
}
