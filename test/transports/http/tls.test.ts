import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { download } from '../../../src/transports/http/download.ts';
import { requestRange } from '../../../src/transports/http/range-request.ts';
import { selfSigned } from './self-signed.ts';

const BYTES = randomBytes(3_000_000);
const never = new AbortController().signal;

describe('transports/http: TLS (hostile input 4)', () => {
  const trusted = getCACertificates('default');
  let server: Server;
  let address = '';
  const serve = async ({ key, cert }: { key: string; cert: string }) => {
    server = createServer({ key, cert }, (_, res) => {
      res.writeHead(206, { 'content-range': `bytes 0-${BYTES.length - 1}/${BYTES.length}` }).end(BYTES);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}/reel.mxf`;
  };
  afterEach(async () => {
    setDefaultCACertificates(trusted);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const get = async (url = address) => {
    const chunks: Buffer[] = [];
    const range = { offset: 0, length: BYTES.length };
    for await (const chunk of requestRange(createHttpClient(), url, range, BYTES.length, never)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('takes the bytes from a server whose certificate is trusted', async () => {
    const own = selfSigned();
    setDefaultCACertificates([...trusted, own.cert]);
    await serve(own);
    assert.deepEqual(await get(), BYTES);
  });

  it('refuses a certificate that vouches for itself, whatever the environment says', async () => {
    await serve(selfSigned());
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    try {
      for (const lax of [undefined, '0']) {
        if (lax === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = lax;
        const refusal = { code: 'TLS_REFUSED', permanent: false, message: /self-signed certificate/ };
        await assert.rejects(get(), refusal);
        await assert.rejects(download(createHttpClient(), address, 1000, never), refusal);
      }
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  it('refuses a certificate that has expired', async () => {
    const own = selfSigned({ until: '210101000000Z' });
    setDefaultCACertificates([...trusted, own.cert]);
    await serve(own);
    await assert.rejects(get(), { code: 'TLS_REFUSED', message: /expired/ });
  });

  it('refuses a certificate of another name', async () => {
    const own = selfSigned();
    setDefaultCACertificates([...trusted, own.cert]);
    await serve(own);
    await assert.rejects(get(address.replace('127.0.0.1', 'localhost')), { code: 'TLS_REFUSED', message: /altnames/ });
  });

  it('what is no TLS is unreachable, not trusted', async () => {
    await serve(selfSigned());
    await assert.rejects(get(address.replace('https', 'http')), { code: 'SOURCE_UNREACHABLE' });
  });
});
