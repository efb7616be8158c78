import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { BftError } from '../../../src/core/errors.ts';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { requestRange } from '../../../src/transports/http/range-request.ts';
import { type Behaviour, HostileServer, serve } from './hostile-server.ts';

const BYTES = randomBytes(200_000);
const [OFFSET, LENGTH] = [50_000, 100_000];
const QUERY = '?AccessKeyId=K&Expires=1&Signature=s3cretSIGNATURE';

describe('transports/http: one range', () => {
  const http = createHttpClient();
  const server = new HostileServer();
  const never = new AbortController().signal;
  before(() => server.start());
  after(() => server.stop());

  const request = async (
    behave: Behaviour,
    {
      offset = OFFSET,
      length = LENGTH,
      size = BYTES.length,
      signal = never,
      address = `${server.url}/reel.mxf${QUERY}`,
    } = {},
  ) => {
    server.behave = behave;
    const chunks: Buffer[] = [];
    for await (const chunk of requestRange(http, address, { offset, length }, size, signal)) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  const part = (first: number, last: number, size: number | string = BYTES.length) => ({
    'content-range': `bytes ${first}-${last}/${size}`,
  });

  it('asks for exactly the range, and yields its bytes', async () => {
    server.asked.splice(0);
    assert.deepEqual(await request((res, asked) => serve(res, BYTES, asked)), BYTES.subarray(OFFSET, OFFSET + LENGTH));
    assert.deepEqual(server.asked, [{ path: '/reel.mxf', first: OFFSET, last: OFFSET + LENGTH - 1 }]);
  });

  it('asks for bytes as they are, not compressed', async () => {
    let encoding: string | undefined;
    await request((res, asked, req) => {
      encoding = req.headers['accept-encoding'];
      serve(res, BYTES, asked);
    });
    assert.equal(encoding, 'identity');
  });

  it('takes 200 for the whole file, when the whole file was asked for', async () => {
    const whole = { offset: 0, length: BYTES.length };
    assert.deepEqual(await request(res => void res.writeHead(200).end(BYTES), whole), BYTES);
  });

  const last = OFFSET + LENGTH - 1;
  const body = BYTES.subarray(OFFSET, last + 1);
  const FAULTS: [name: string, behave: Behaviour, code: string, permanent: boolean][] = [
    ['200 with the whole file for a part (fault 24)', res => void res.end(BYTES), 'SOURCE_REFUSES', true],
    [
      'a range that begins elsewhere',
      res => void res.writeHead(206, part(OFFSET + 1, last + 1)).end(body),
      'WRONG_BYTES',
      false,
    ],
    [
      'a range that ends elsewhere',
      res => void res.writeHead(206, part(OFFSET, last - 1)).end(body),
      'WRONG_BYTES',
      false,
    ],
    [
      'a file of another size',
      res => void res.writeHead(206, part(OFFSET, last, 200_001)).end(body),
      'WRONG_BYTES',
      false,
    ],
    ['a file of unknown size', res => void res.writeHead(206, part(OFFSET, last, '*')).end(body), 'WRONG_BYTES', false],
    ['206 without Content-Range', res => void res.writeHead(206).end(body), 'WRONG_BYTES', false],
    ['206 without any body', res => void res.writeHead(206, part(OFFSET, last)).end(), 'SOURCE_UNREACHABLE', false],
    [
      'a short body',
      res => void res.writeHead(206, part(OFFSET, last)).end(body.subarray(1)),
      'SOURCE_UNREACHABLE',
      false,
    ],
    [
      'a long body',
      res => void res.writeHead(206, part(OFFSET, last)).end(BYTES.subarray(OFFSET)),
      'WRONG_BYTES',
      false,
    ],
    ['404', res => void res.writeHead(404).end('not here'), 'SOURCE_REFUSES', true],
    ['403', res => void res.writeHead(403).end('no'), 'SOURCE_REFUSES', true],
    ['416', res => void res.writeHead(416).end(), 'SOURCE_REFUSES', true],
    ['204', res => void res.writeHead(204).end(), 'SOURCE_REFUSES', true],
    ['500', res => void res.writeHead(500).end('oops'), 'SOURCE_REFUSES', false],
    ['503', res => void res.writeHead(503).end(), 'SOURCE_REFUSES', false],
    ['408', res => void res.writeHead(408).end(), 'SOURCE_REFUSES', false],
    ['429', res => void res.writeHead(429).end(), 'SOURCE_REFUSES', false],
    [
      'a body that is cut',
      res => {
        res.writeHead(206, { ...part(OFFSET, last), 'content-length': LENGTH });
        res.write(body.subarray(0, 1000), () => res.destroy());
      },
      'SOURCE_UNREACHABLE',
      false,
    ],
    ['a connection that is cut before the answer', res => void res.destroy(), 'SOURCE_UNREACHABLE', false],
    ['a redirect without end', res => void res.writeHead(302, { location: '/again' }).end(), 'ADDRESS_REFUSED', false],
    [
      'a redirect to a file',
      res => void res.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'ADDRESS_REFUSED',
      false,
    ],
  ];
  for (const [name, behave, code, permanent] of FAULTS) {
    it(`refuses ${name}: ${code}, ${permanent ? 'permanent' : 'may heal'}; the query is not shown`, async () => {
      const error = await request(behave).then(
        () => assert.fail('it was taken'),
        (thrown: BftError) => thrown,
      );
      assert.deepEqual([error.code, error.permanent], [code, permanent], error.message);
      assert.doesNotMatch(error.message, /Signature|s3cret|AccessKey|\?/);
      assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/reel\.mxf /);
    });
  }

  for (const [status, value, ms] of [
    [429, '7', 7000],
    [503, '120', 120_000],
    [503, '999999', 3_600_000],
    [503, 'soon', 0],
    [503, '-5', 0],
  ] as const) {
    it(`obeys Retry-After ${value} of a ${status} (fault 23): ${ms} ms`, async () => {
      const behave: Behaviour = res => void res.writeHead(status, { 'retry-after': value }).end();
      await assert.rejects(request(behave), { permanent: false, retryAfterMs: ms });
    });
  }

  for (const [date, after, ms] of [
    ['Sat, 01 Jan 2022 00:00:00 GMT', 'Sat, 01 Jan 2022 00:02:00 GMT', 120_000],
    ['Sat, 01 Jan 2022 00:00:00 GMT', 'Sun, 02 Jan 2022 00:00:00 GMT', 3_600_000],
    ['Sat, 01 Jan 2022 00:00:00 GMT', 'Fri, 31 Dec 2021 00:00:00 GMT', 0],
    ['nonsense', 'Sat, 01 Jan 2022 00:00:00 GMT', 0],
    ['nonsense', 'Fri, 01 Jan 2999 00:00:00 GMT', 3_600_000],
  ] as const) {
    it(`obeys Retry-After ${after} at ${date} (fault 23), by the clock of the server: ${ms} ms`, async () => {
      const behave: Behaviour = res => void res.writeHead(503, { 'retry-after': after, date }).end();
      await assert.rejects(request(behave), { permanent: false, retryAfterMs: ms });
    });
  }

  it('follows a redirect, with the range', async () => {
    const bytes = await request((res, asked) => {
      if (asked.path === '/reel.mxf') res.writeHead(302, { location: '/elsewhere?x=1' }).end();
      else serve(res, BYTES, asked);
    });
    assert.deepEqual(bytes, body);
  });

  for (const address of [
    '',
    'reel.mxf',
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'javascript:alert(1)',
    'http://',
    '//127.0.0.1/x',
  ]) {
    it(`hostile input 11: refuses the address ${JSON.stringify(address)} for good`, async () => {
      await assert.rejects(
        request(() => assert.fail('it was asked'), { address }),
        {
          code: 'SOURCE_REFUSES',
          permanent: true,
        },
      );
    });
  }

  it('hostile input 12: neither user nor query is shown when nobody listens', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise(resolve => closed.close(resolve));
    const address = `http://user:passw0rd@127.0.0.1:${port}/reel.mxf${QUERY}`;
    const error = await request(() => {}, { address }).catch((thrown: BftError) => thrown);
    assert.ok(error instanceof Error);
    assert.equal(error.code, 'SOURCE_UNREACHABLE');
    assert.doesNotMatch(error.message, /passw0rd|s3cret/);
    assert.match(inspect(error.cause), /ECONNREFUSED/);
  });

  it('an abort ends it at once with the reason of the signal, before, while waiting and in the middle', async () => {
    const reason = new Error('the window closed');
    const behaviours: Behaviour[] = [
      () => {},
      res => void res.writeHead(206, { ...part(OFFSET, last), 'content-length': LENGTH }).write(body.subarray(0, 1000)),
    ];
    await assert.rejects(
      request(() => {}, { signal: AbortSignal.abort(reason) }),
      reason,
    );
    for (const behave of behaviours) {
      const controller = new AbortController();
      let begin = 0;
      const waiting = request(
        (res, asked, req) => {
          void behave(res, asked, req);
          setImmediate(() => {
            begin = performance.now();
            controller.abort(reason);
          });
        },
        { signal: controller.signal },
      );
      await assert.rejects(waiting, reason);
      assert.ok(performance.now() - begin < 1000);
    }
  });
});
