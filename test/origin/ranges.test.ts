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

  for (const unit of ['bytes', 'Bytes', 'BYTES']) {
    it(`R-010 reads the unit ${unit}`, async () => {
      const { status, headers } = await get(`${unit}=0-10`);
      assert.deepEqual([status, headers['content-range']], [206, 'bytes 0-10/1000']);
    });
  }

  const INVALID = [
    'bytes=5-4',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-1,5-4',
    'bytes=0x1-2',
    'bytes=1-2-3',
    'bytes 0-1',
    'x',
  ];
  for (const range of INVALID) {
    it(`R-006, R-020 refuses ${range} with 400`, async () => {
      const { status, headers, body } = await get(range);
      assert.deepEqual([status, headers['content-length'], body.length], [400, '0', 0]);
    });
  }

  it('R-011 a suffix longer than the file is the whole file, as a part; one of nothing is none', async () => {
    const { status, headers, body } = await get('bytes=-5000');
    assert.deepEqual([status, headers['content-range'], body.length], [206, 'bytes 0-999/1000', 1000]);
    assert.equal((await get('bytes=-0')).status, 416);
  });

  it('R-013 sends several ranges as parts, in the order asked for', async () => {
    const { status, headers, body } = await get('bytes=500-599, 0-1,,-10');
    assert.equal(status, 206);
    assert.equal(headers['content-length'], String(body.length));
    assert.equal(headers['content-range'], undefined);
    assert.deepEqual(partsOf(headers['content-type'], body), [
      { type: 'application/mxf', range: 'bytes 500-599/1000', bytes: BYTES.subarray(500, 600) },
      { type: 'application/mxf', range: 'bytes 0-1/1000', bytes: BYTES.subarray(0, 2) },
      { type: 'application/mxf', range: 'bytes 990-999/1000', bytes: BYTES.subarray(990) },
    ]);
  });

  it('R-013 sends no parts when the file has something of one range only', async () => {
    const { status, headers, body } = await get('bytes=2000-,0-9');
    assert.deepEqual([status, headers['content-range'], body.length], [206, 'bytes 0-9/1000', 10]);
    assert.equal(headers['content-type'], 'application/mxf');
    assert.equal((await get('bytes=2000-,-0')).status, 416);
  });

  it('R-013 takes 16 ranges, of which two overlap, and refuses more of either with 416 (hostile input 7)', async () => {
    const apart = (count: number) =>
      Array.from({ length: count }, (_, index) => `${index * 10}-${index * 10 + 1}`).join();
    assert.equal((await get(`bytes=${apart(16)}`)).status, 206);
    assert.equal((await get('bytes=0-9,5-14')).status, 206);
    for (const set of [apart(17), '0-9,5-14,9-20', '0-,0-,0-', apart(1000)]) {
      const { status, headers } = await get(`bytes=${set}`);
      assert.deepEqual([status, headers['content-range']], [416, 'bytes */1000'], set.slice(0, 40));
    }
  });

  it('R-019 HEAD takes no notice of a range: 200 with the full length, and no body', async () => {
    for (const range of ['', 'bytes=0-9', 'bytes=5000-', 'garbage']) {
      const { status, headers, body } = await send(origin.port, { method: 'HEAD', path: REEL, headers: { range } });
      assert.deepEqual([status, headers['content-length'], body.length], [200, '1000', 0], range);
      assert.equal(headers['content-range'], undefined);
    }
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
    const first = await send(origin.port, { path, headers: { range: 'bytes=0-0' } });
    assert.deepEqual([first.status, first.headers['content-range']], [416, 'bytes */0']);
    const last = await send(origin.port, { path, headers: { range: 'bytes=-1' } });
    assert.deepEqual([last.status, last.headers['content-length']], [200, '0']);
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

  it('R-023 numbers beyond 2^53 are exact', async () => {
    const [big, bigger] = ['9007199254740992', '9007199254740993'];
    assert.equal((await get(`bytes=${bigger}-${big}`)).status, 400);
    assert.equal((await get(`bytes=${big}-${bigger}`)).status, 416);
    assert.equal((await get(`bytes=${'9'.repeat(4000)}-`)).status, 416);
    assert.equal((await get(`bytes=999-${'9'.repeat(4000)}`)).headers['content-range'], 'bytes 999-999/1000');
    assert.equal((await get(`bytes=-${'9'.repeat(4000)}`)).headers['content-range'], 'bytes 0-999/1000');
  });
});

/** Takes a multipart body apart, byte by byte as RFC 2046 has it. */
function partsOf(contentType = '', body: Buffer): { type: string; range: string; bytes: Buffer }[] {
  const [, boundary = ''] = /^multipart\/byteranges; boundary=(\w+)$/.exec(contentType) ?? [];
  const text = body.toString('latin1');
  const [before, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`);
  assert.deepEqual([before, parts.pop()], ['', '--\r\n']);
  return parts.map(part => {
    const [, type = '', range = '', bytes = ''] =
      /^\r\nContent-Type: (.*)\r\nContent-Range: (.*)\r\n\r\n([^]*)$/.exec(part) ?? [];
    return { type, range, bytes: Buffer.from(bytes, 'latin1') };
  });
}
