import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { once } from 'node:events';
import { closeServer, listen, parseListen } from '../../src/core/listen.ts';

describe('core: listening', () => {
  it('reads host:port, with brackets for IPv6; nothing is nothing', () => {
    assert.deepEqual(parseListen('127.0.0.1:8191', 'apilisten'), { host: '127.0.0.1', port: 8191 });
    assert.deepEqual(parseListen('[::1]:0', 'apilisten'), { host: '::1', port: 0 });
    assert.deepEqual(parseListen('node.example.invalid:65535', 'x'), { host: 'node.example.invalid', port: 65535 });
    assert.equal(parseListen('', 'apilisten'), undefined);
  });

  it('refuses anything else, with the key and the value', () => {
    for (const text of [
      '8191',
      ':8191',
      '::1:8191',
      '127.0.0.1:',
      '127.0.0.1:65536',
      '127.0.0.1:-1',
      '127.0.0.1:80x',
    ]) {
      assert.throws(
        () => parseListen(text, 'trackerlisten'),
        { code: 'CONFIG_INVALID', message: `"trackerlisten" ${JSON.stringify(text)} is not host:port` },
        text,
      );
    }
  });

  it('takes a free port for 0, and names the key when an address is taken', async () => {
    const first = createServer();
    const second = createServer();
    const address = await listen(first, { host: '127.0.0.1', port: 0 }, 'apilisten');
    assert.ok(address.port > 0);
    await assert.rejects(listen(second, address, 'originlisten'), {
      code: 'LISTEN_FAILED',
      message: /^cannot listen on 127\.0\.0\.1:\d+ \("originlisten"\): .*EADDRINUSE/,
    });
    await closeServer(first);
    await closeServer(second);
    assert.equal(first.listening, false);
  });

  it('cuts connections that do not end within their grace', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200);
      response.write('the beginning of an answer that never ends');
    });
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 }, 'apilisten');
    const request = get({ host: '127.0.0.1', port });
    const failed = new Promise<Error>(resolve => {
      request.on('error', resolve);
      request.on('response', response => response.on('error', resolve).resume());
    });
    await once(request, 'response');
    await closeServer(server, 1);
    assert.match((await failed).message, /aborted|ECONNRESET|hang up/);
  });
});
