import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { httpDate } from '../../src/origin/http-date.ts';
import { send } from '../raw-request.ts';
import { BYTES, type PublishedTree, REEL, startOrigin, write } from './published-tree.ts';

const MODIFIED = 'Sun, 06 Nov 2022 08:49:37 GMT';
const RFC_850 = 'Sunday, 06-Nov-22 08:49:37 GMT';
const ASCTIME = 'Sun Nov  6 08:49:37 2022';
const EARLIER = 'Sun, 06 Nov 2022 08:49:36 GMT';
const LATER = 'Sun, 06 Nov 2022 08:49:38 GMT';

describe('origin: validators and conditions', () => {
  let origin: PublishedTree;
  let etag: string;
  const reel = () => join(origin.root, 'cfec-001/dcps/film/reel.mxf');
  before(async () => {
    origin = await startOrigin();
    // Half a second more than the header can say.
    await utimes(reel(), new Date(), Date.parse(MODIFIED) / 1000 + 0.5);
    etag = (await get()).headers.etag ?? '';
  });
  after(() => origin.stop());

  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    send(origin.port, { path: REEL, headers, method });

  it('R-018 sends a strong tag and the time of the last change', async () => {
    const { headers } = await get();
    assert.match(etag, /^"[\w-]+"$/);
    assert.equal(headers['last-modified'], MODIFIED);
  });

  const ANSWERS: [name: string, status: number, headers: () => Record<string, string>][] = [
    ['If-Match with the tag', 200, () => ({ 'if-match': etag })],
    ['If-Match with the tag among others', 200, () => ({ 'if-match': `"a", ${etag}` })],
    ['If-Match with *', 200, () => ({ 'if-match': '*' })],
    ['If-Match with another tag', 412, () => ({ 'if-match': '"other"' })],
    ['If-Match with the tag as a weak one', 412, () => ({ 'if-match': `W/${etag}` })],
    ['If-Unmodified-Since the very time', 200, () => ({ 'if-unmodified-since': MODIFIED })],
    ['If-Unmodified-Since before', 412, () => ({ 'if-unmodified-since': EARLIER })],
    ['If-Unmodified-Since with no date', 200, () => ({ 'if-unmodified-since': '2001' })],
    [
      'If-Match, which goes before If-Unmodified-Since',
      200,
      () => ({ 'if-match': etag, 'if-unmodified-since': EARLIER }),
    ],
    ['If-None-Match with the tag', 304, () => ({ 'if-none-match': etag })],
    ['If-None-Match with the tag as a weak one', 304, () => ({ 'if-none-match': `"a", W/${etag}` })],
    ['If-None-Match with *', 304, () => ({ 'if-none-match': '*' })],
    ['If-None-Match with another tag', 200, () => ({ 'if-none-match': '"other"' })],
    ['If-Modified-Since the very time', 304, () => ({ 'if-modified-since': MODIFIED })],
    ['If-Modified-Since before', 200, () => ({ 'if-modified-since': EARLIER })],
    ['If-Modified-Since the very time as RFC 850 has it', 304, () => ({ 'if-modified-since': RFC_850 })],
    ['If-Modified-Since the very time as asctime() has it', 304, () => ({ 'if-modified-since': ASCTIME })],
    [
      'If-Unmodified-Since before, in asctime() form',
      412,
      () => ({ 'if-unmodified-since': 'Sun Nov  6 08:49:36 2022' }),
    ],
    ['If-Modified-Since with no date', 200, () => ({ 'if-modified-since': '2090-01-01' })],
    [
      'If-None-Match, which goes before If-Modified-Since',
      200,
      () => ({ 'if-none-match': '"a"', 'if-modified-since': LATER }),
    ],
    ['If-Match before If-None-Match', 412, () => ({ 'if-match': '"other"', 'if-none-match': etag })],
  ];
  for (const [name, status, headers] of ANSWERS) {
    it(`R-018 ${status} for ${name}, with a range and without, for GET and HEAD`, async () => {
      const plain = await get(headers());
      assert.equal(plain.status, status);
      assert.equal((await get(headers(), 'HEAD')).status, status);
      const ranged = await get({ ...headers(), range: 'bytes=0-9' });
      assert.equal(ranged.status, status === 200 ? 206 : status);
      if (status === 200) return assert.deepEqual(plain.body, BYTES);
      assert.equal(ranged.body.length, 0);
      assert.equal(plain.headers.etag, status === 304 ? etag : undefined);
    });
  }

  it('R-018 a condition that fails goes before a range that does', async () => {
    assert.equal((await get({ 'if-match': '"other"', range: 'bytes=5000-' })).status, 412);
    assert.equal((await get({ 'if-none-match': etag, range: 'garbage' })).status, 304);
  });

  const IF_RANGE: [name: string, status: number, value: () => string][] = [
    ['the tag', 206, () => etag],
    ['the exact date', 206, () => MODIFIED],
    ['the exact date in asctime() form', 206, () => ASCTIME],
    ['another tag', 200, () => '"other"'],
    ['the tag as a weak one', 200, () => `W/${etag}`],
    ['a date before', 200, () => EARLIER],
    ['a later date', 200, () => LATER],
    ['garbage', 200, () => 'x'],
  ];
  for (const [name, status, value] of IF_RANGE) {
    it(`R-018 ${status} for If-Range with ${name}`, async () => {
      const { body, ...answer } = await get({ 'if-range': value(), range: 'bytes=0-9' });
      assert.equal(answer.status, status);
      assert.equal(body.length, status === 206 ? 10 : 1000);
    });
  }

  it('R-018 the date of a file that was written within the last minute is no strong validator: If-Range with it gives the whole', async () => {
    const path = '/dcp/cfec-001/dcps/film/fresh.mxf';
    await write(join(origin.root, 'cfec-001/dcps/film/fresh.mxf'), BYTES);
    const { headers } = await send(origin.port, { path });
    const ask = (ifRange = '') => send(origin.port, { path, headers: { 'if-range': ifRange, range: 'bytes=0-9' } });
    assert.equal((await ask(headers['last-modified'])).status, 200);
    assert.equal((await ask(headers.etag)).status, 206);
  });

  it('R-018 If-Range with another tag makes a range that could not be served no error', async () => {
    for (const range of ['bytes=5000-', 'garbage']) {
      assert.equal((await get({ 'if-range': '"other"', range })).status, 200);
    }
  });

  it('R-018 a file that was rewritten, its size and time kept to the second, has another tag', async () => {
    await write(reel(), BYTES);
    await utimes(reel(), new Date(), Date.parse(MODIFIED) / 1000 + 0.25);
    const { status, headers } = await get({ 'if-range': etag, range: 'bytes=0-9' });
    assert.equal(status, 200);
    assert.notEqual(headers.etag, etag);
    assert.equal(headers['last-modified'], MODIFIED);
  });
});

describe('origin: dates of headers (RFC 9110, 5.6.7)', () => {
  const NOW = Date.UTC(2026, 10, 21);
  const TIME = Date.UTC(1994, 10, 6, 8, 49, 37);

  it('are read in each of their three forms', () => {
    for (const text of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      assert.equal(httpDate(text, NOW), TIME, text);
    }
  });

  it('a year of two digits is at most 50 years ahead', () => {
    assert.equal(httpDate('Friday, 06-Nov-76 08:49:37 GMT', NOW), Date.UTC(2076, 10, 6, 8, 49, 37));
    assert.equal(httpDate('Sunday, 06-Nov-77 08:49:37 GMT', NOW), Date.UTC(1977, 10, 6, 8, 49, 37));
  });

  it('other forms, days that do not exist and the wrong day of the week are none', () => {
    for (const text of [
      undefined,
      '',
      '1994-11-06',
      'Sun, 6 Nov 1994 08:49:37 GMT',
      'Mon, 06 Nov 1994 08:49:37 GMT',
      'Thu, 31 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 +0100',
      'Sun, 06-Nov-94 08:49:37 GMT',
      'Sun Nov 6 08:49:37 1994',
    ]) {
      assert.equal(httpDate(text, NOW), undefined, text);
    }
  });
});
