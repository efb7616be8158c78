import assert from 'node:assert/strict';
import { systemClock } from '../../src/core/clock.ts';
import { sign } from '../../src/devserver/signature.ts';
import {
  ACCESS_KEY,
  authorization,
  BUCKET,
  codeOf,
  DOMAIN,
  type RunningServer,
  SECRET_KEY,
  send,
  sdkFor,
  startServer,
} from './harness.ts';

const MINUTE = 60_000;
const PATH = `/${BUCKET}/reel.mxf`;

describe('devserver: authentication', () => {
  let server: RunningServer;
  /** What the server believes is the time, ms relative to the real one. */
  let clockOffset = 0;

  before(async () => {
    server = await startServer({ clock: { ...systemClock, now: () => Date.now() + clockOffset } });
    await send(server.port, { method: 'PUT', path: PATH, body: 'frames' });
  });
  after(() => server.stop());
  afterEach(() => {
    clockOffset = 0;
  });

  const refused = async (raw: Parameters<typeof send>[1], status: number, code: string) => {
    const answer = await send(server.port, raw);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code]);
    return answer;
  };
  const presigned = (expires: number, { key = 'AccessKeyId', method = 'GET' } = {}) => {
    const signature = sign(SECRET_KEY, `${method}\n\n\n${expires}\n${PATH}`);
    return `${PATH}?${key}=${ACCESS_KEY}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
  };
  const seconds = (ms: number) => Math.floor(ms / 1000);

  for (const dialect of ['obs', 'amz'] as const) {
    it(`accepts a good ${dialect} header signature, in both styles`, async () => {
      assert.equal((await send(server.port, { path: PATH, dialect })).text, 'frames');
      const headers = { host: `${BUCKET}.${DOMAIN}:${server.port}` };
      assert.equal((await send(server.port, { path: '/reel.mxf', headers, dialect })).text, 'frames');
    });

    it(`accepts an x-*-date in place of Date: ${dialect}`, async () => {
      const headers = { date: '', [`x-${dialect}-date`]: new Date().toUTCString() };
      assert.equal((await send(server.port, { path: PATH, headers, dialect })).status, 200);
    });

    it(`refuses a clock that is off by more than 15 minutes: ${dialect}`, async () => {
      clockOffset = 14 * MINUTE;
      assert.equal((await send(server.port, { path: PATH, dialect })).status, 200);
      for (clockOffset of [16 * MINUTE, -16 * MINUTE])
        await refused({ path: PATH, dialect }, 403, 'RequestTimeTooSkewed');
    });
  }

  it('refuses requests without a signature', async () => {
    await refused({ path: PATH, dialect: 'none' }, 403, 'AccessDenied');
    await refused({ path: '/', dialect: 'none' }, 403, 'AccessDenied');
    await refused({ path: PATH, method: 'PUT', body: 'x', dialect: 'none' }, 403, 'AccessDenied');
  });

  it('refuses an unknown access key, a wrong secret and a changed request, and says so in the dialect of the request', async () => {
    const headers = { date: new Date().toUTCString() };
    const signedAs = (credentials: { accessKey?: string; secretKey?: string }) => ({
      ...headers,
      authorization: authorization({ path: PATH, headers }, 'amz', credentials),
    });
    const stranger = signedAs({ accessKey: 'STRANGER' });
    await refused({ path: PATH, headers: stranger, dialect: 'none' }, 403, 'InvalidAccessKeyId');
    const wrong = { path: PATH, headers: signedAs({ secretKey: 'wrong' }), dialect: 'none' } as const;
    const answer = await refused(wrong, 403, 'SignatureDoesNotMatch');
    assert.equal(answer.headers['x-amz-error-code'], 'SignatureDoesNotMatch');
    const moved = { path: `${PATH}2`, headers: signedAs({}), dialect: 'none' } as const;
    await refused(moved, 403, 'SignatureDoesNotMatch');
    const added = { path: PATH, headers: { ...signedAs({}), 'x-amz-acl': 'public-read' }, dialect: 'none' } as const;
    await refused(added, 403, 'SignatureDoesNotMatch');
  });

  it('refuses other kinds of Authorization, and dates that are none', async () => {
    const v4 = { authorization: `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/20260101/r/s3/aws4_request` };
    await refused({ path: PATH, headers: v4, dialect: 'none' }, 400, 'InvalidArgument');
    await refused({ path: PATH, headers: { date: 'yesterday' } }, 403, 'AccessDenied');
  });

  it('accepts a signed URL of either dialect until it expires', async () => {
    for (const key of ['AccessKeyId', 'AWSAccessKeyId']) {
      const path = presigned(seconds(Date.now()) + 60, { key });
      assert.equal((await send(server.port, { path, dialect: 'none' })).text, 'frames');
    }
    const path = presigned(seconds(Date.now()) + 60);
    clockOffset = 2 * MINUTE;
    const answer = await refused({ path, dialect: 'none' }, 403, 'AccessDenied');
    assert.match(answer.text, /Request has expired/);
  });

  it('refuses a signed URL for another method, with another expiry or without one', async () => {
    const later = seconds(Date.now()) + 60;
    const path = presigned(later);
    await refused({ method: 'DELETE', path, dialect: 'none' }, 403, 'SignatureDoesNotMatch');
    const longer = path.replace(`Expires=${later}`, `Expires=${later + 1}`);
    await refused({ path: longer, dialect: 'none' }, 403, 'SignatureDoesNotMatch');
    await refused({ path: path.replace(/&Expires=\d+/, ''), dialect: 'none' }, 403, 'AccessDenied');
  });

  it('gives the SDK the refusals in the form it reads', async () => {
    for (const dialect of ['obs', 'amz'] as const) {
      const sdk = await sdkFor(server.port, dialect, 'wrong secret');
      const { CommonMsg } = await sdk.putObject({ Bucket: BUCKET, Key: 'k', Body: 'x' });
      assert.deepEqual([CommonMsg.Status, CommonMsg.Code], [403, 'SignatureDoesNotMatch']);
    }
  });
});
