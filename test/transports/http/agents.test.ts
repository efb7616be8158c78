import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lookup } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import got from 'got';
import { makeAgents } from '../../../src/transports/http/agents.ts';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { download } from '../../../src/transports/http/download.ts';

describe('transports/http: connections', () => {
  const never = new AbortController().signal;

  it('may take their time to be made: a name that is looked up slowly, a packet that was lost', async () => {
    const server = createServer((_, res) => void res.end('body'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const agents = makeAgents((host, options, callback) => {
        setTimeout(() => lookup(host, options, callback), 1500);
      });
      const { port } = server.address() as AddressInfo;
      const { body } = await got(`http://localhost:${port}/a`, {
        agent: agents,
        dnsLookupIpVersion: 4,
        retry: { limit: 0 },
        timeout: { socket: 30_000 },
      });
      assert.equal(body, 'body');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('are closed by us when nobody uses them, so that a closed window leaves nothing on the line (BW-03)', async () => {
    const server = createServer({ keepAliveTimeout: 0 }, (_, res) => void res.end('body'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const http = createHttpClient();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
      const closed: Promise<unknown>[] = [];
      server.on('connection', (socket: Socket) => closed.push(once(socket, 'close')));
      await download(http, url, 100, never);
      const { body } = await http.bulk.open(new URL(url), {}, never);
      for await (const chunk of body) assert.equal(String(chunk), 'body');
      assert.ok(closed.length > 0);
      await Promise.all(closed);
    } finally {
      server.close();
    }
  });
});
