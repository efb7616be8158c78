import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { send } from '../raw-request.ts';
import { BYTES, type PublishedTree, REEL, startOrigin } from './published-tree.ts';

describe('origin: ranges', () => {
  let origin: PublishedTree;
  before(async () => {
    origin = await startOrigin();
  });
  after(() => origin.stop());

  const get = (range?: string, headers: Record<string, string> = {}) =>
    send(origin.port, { path: REEL, headers: { ...(range === undefined ? {} : { range }), ...headers } });

  it('R-002 announces byte ranges', async () => {
    assert.equal((await get()).headers['accept-ranges'], 'bytes');
  });

  it('R-003, R-007 answers 200 and the whole file without a range', async () => {
    const { status, headers, body } = await get();
    assert.deepEqual([status, headers['content-length'], headers['content-range']], [200, '1000', undefined]);
    assert.deepEqual(body, BYTES);
  });

  const PARTS = [
    ['R-004 a range in the middle', 'bytes=0-10', 0, 10],
    ['R-004, R-035 one byte', 'bytes=999-999', 999, 999],
    ['R-011, R-035 a suffix', 'bytes=-500', 500, 999],
    ['R-012, R-035 an open end', 'bytes=500-', 500, 999],
    ['R-015 an end beyond the file is clamped', 'bytes=990-5000', 990, 999],
  ] as const;
  for (const [name, range, first, last] of PARTS) {
    it(`R-016, R-017 ${name}: ${range}`, async () => {
      const { status, headers, body } = await get(range);
      assert.equal(status, 206);
      assert.equal(headers['content-range'], `bytes ${first}-${last}/1000`);
      assert.equal(headers['content-length'], String(last - first + 1));
      assert.deepEqual(body, BYTES.subarray(first, last + 1));
    });
  }

  for (const range of ['bytes=1000-', 'bytes=1000-1001', 'bytes=5000-6000']) {
    it(`R-005, R-014, R-017 refuses ${range} with 416 and the length`, async () => {
      const { status, headers, body } = await get(range);
      assert.deepEqual([status, headers['content-range'], body.length], [416, 'bytes */1000', 0]);
    });
  }

  it('R-010 ignores other units', async () => {
    const { status, body } = await get('lines=0-1');
    assert.deepEqual([status, body.length], [200, 1000]);
  });

  it('R-013 takes several ranges for the whole file, and adjacent ones for one', async () => {
    const { status, body } = await get('bytes=0-1,5-6');
    assert.deepEqual([status, body.length], [200, 1000]);
    const joined = await get('bytes=0-1,2-3');
    assert.deepEqual([joined.status, joined.headers['content-range']], [206, 'bytes 0-3/1000']);
  });

  it('answers a header of very many ranges like a plain request (hostile input 7)', async () => {
    const ranges = Array.from({ length: 1000 }, (_, index) => `${index}-`).join(',');
    const { status, body } = await get(`bytes=${ranges}`);
    assert.ok(status === 200 || status === 206, String(status));
    assert.equal(body.length, 1000);
  });

  it('R-018 has validators, and If-Range decides between part and whole', async () => {
    const { headers } = await get();
    const { etag = '', 'last-modified': modified = '' } = headers;
    assert.match(etag, /^(W\/)?"/);
    assert.ok(!Number.isNaN(Date.parse(modified)));
    assert.equal((await get('bytes=0-9', { 'if-range': modified })).status, 206);
    assert.equal((await get('bytes=0-9', { 'if-range': '"other"' })).status, 200);
    assert.equal((await get(undefined, { 'if-none-match': etag })).status, 304);
    assert.equal((await get('bytes=0-9', { 'if-match': '"other"' })).status, 412);
  });

  it('R-019 HEAD gives the headers of GET and no body', async () => {
    const { status, headers, body } = await send(origin.port, { method: 'HEAD', path: REEL });
    assert.deepEqual([status, headers['content-length'], body.length], [200, '1000', 0]);
  });

  it('R-024 a part keeps the headers of the whole', async () => {
    const [whole, part] = [await get(), await get('bytes=0-9')];
    for (const name of ['etag', 'last-modified', 'content-type', 'accept-ranges']) {
      assert.equal(part.headers[name], whole.headers[name], name);
    }
  });

  it('R-021 has nothing to give of an empty file', async () => {
    const path = '/dcp/cfec-001/dcps/film/empty.txt';
    const whole = await send(origin.port, { path });
    assert.deepEqual([whole.status, whole.headers['content-length'], whole.body.length], [200, '0', 0]);
    assert.equal((await send(origin.port, { path, headers: { range: 'bytes=0-0' } })).status, 416);
  });

  it('R-016 any satisfiable range is exactly these bytes', async () => {
    const range = fc.tuple(fc.nat(999), fc.nat(1999)).filter(([first, last]) => last >= first);
    await fc.assert(
      fc.asyncProperty(range, async ([first, last]) => {
        const { status, body } = await get(`bytes=${first}-${last}`);
        assert.equal(status, 206);
        assert.deepEqual(body, BYTES.subarray(first, last + 1));
      }),
      { numRuns: 50 },
    );
  });

  it('R-023 survives numbers beyond all bounds and plain garbage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^bytes=[-0-9a-z, ]{0,40}$/), async range => {
        const { status } = await get(range);
        assert.ok([200, 206, 416].includes(status), `${status} for ${range}`);
      }),
      { numRuns: 60 },
    );
    assert.equal((await get(`bytes=${'9'.repeat(40)}-`)).status, 416);
  });
});
