import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Interrupted, NodeFailure } from '../../src/demo/failure.ts';
import { NodeClient } from '../../src/demo/node/client.ts';
import { freePorts } from '../../src/demo/process/free-ports.ts';
import { never } from './scratch.ts';

interface Asked {
  readonly path: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

describe('demo client', () => {
  let server: Server;
  let asked: Asked[];
  let answer: { status: number; body: string };
  const client = (signal = never) => new NodeClient('sender', (server.address() as AddressInfo).port, signal);
  const envelope = (return_status: string, return_content: object) => ({
    status: 200,
    body: JSON.stringify({ reqest_message_id: '1', message_type: 'response', return_status, return_content }),
  });

  beforeEach(async () => {
    asked = [];
    const note = async (request: IncomingMessage) => {
      asked.push({ path: request.url, type: request.headers['content-type'], body: await text(request) });
    };
    server = createServer((request, response) => {
      void note(request).then(() => response.writeHead(answer.status).end(answer.body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('asks as a TMS does', async () => {
    answer = envelope('true', { desc: 'succeeded!' });
    assert.deepEqual(await client().order('send', { taskfile: '/t', reactive: 'true' }), { desc: 'succeeded!' });
    const [{ path, type, body } = { path: '', type: '', body: '{}' }] = asked;
    assert.equal(path, '/send');
    assert.equal(type, 'application/json');
    const { message_id, ...rest } = JSON.parse(body) as Record<string, unknown>;
    assert.equal(typeof message_id, 'string');
    assert.deepEqual(rest, {
      message_type: 'request',
      message_source: 'tms',
      method_name: 'send',
      method_params: { taskfile: '/t', reactive: 'true' },
    });
  });

  it('asks a cacher at /progress', async () => {
    answer = envelope('true', { status: 'seeding' });
    await client().order('cprogress', { taskfile: 't' });
    assert.equal(asked[0]?.path, '/progress');
  });

  it('throws a refusal with its words and its code', async () => {
    answer = envelope('false', { desc: 'total files size equal 0', code: 'SIZES_DIFFER' });
    await assert.rejects(client().order('recv', {}), {
      constructor: NodeFailure,
      message: 'sender refuses recv: total files size equal 0 (SIZES_DIFFER)',
    });
  });

  it('gives a refusal as an answer to who asks', async () => {
    answer = envelope('false', { status: 'queues', desc: 'task in queues, no progress now.' });
    assert.equal((await client().ask('progress', {})).return_content.status, 'queues');
  });

  it('says which answer it does not understand', async () => {
    answer = { status: 200, body: 'hello' };
    await assert.rejects(client().ask('progress', {}), /not as the protocol says: not JSON: hello/);
    answer = envelope('maybe', {});
    await assert.rejects(client().ask('progress', {}), /return_status/);
    answer = { status: 500, body: 'oops' };
    await assert.rejects(client().ask('progress', {}), /sender answers \/progress with HTTP 500: oops/);
  });

  it('reads the bt port of a node', async () => {
    answer = { status: 200, body: '{"version":"0.1.0","servertype":"sender","btport":6881,"more":1}' };
    assert.equal((await client().status()).btport, 6881);
    assert.equal(asked[0]?.path, '/api/v1/status');
  });

  it('takes a node that does not listen for one that does not live yet', async () => {
    answer = { status: 200, body: '"living"' };
    assert.equal(await client().heartbeat(), true);
    const [nobody = 0] = await freePorts(1);
    assert.equal(await new NodeClient('sender', nobody, never).heartbeat(), false);
    await assert.rejects(new NodeClient('sender', nobody, never).ask('send', {}), /sender does not answer \/send/);
  });

  it('ends with the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Interrupted('SIGTERM'));
    await assert.rejects(client(signal).heartbeat(), Interrupted);
    await assert.rejects(client(signal).ask('send', {}), Interrupted);
  });
});
