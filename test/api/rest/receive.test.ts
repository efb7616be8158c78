import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { RefusalPage } from '../../../src/api/rest/shapes.ts';
import { REAL_EXAMPLE } from '../../task/examples.ts';
import { type Api, startApi } from '../harness.ts';
import { NotedControl } from './parts.ts';

const PATH = '/api/v1/tasks';

describe('api: POST /api/v1/tasks', () => {
  let api: Api;
  before(async () => {
    api = await startApi({ control: new NotedControl() });
  });
  after(() => api.stop());

  const refused = async (body: string | Uint8Array, headers = {}) => {
    const { status, text } = await api.post(PATH, body, headers);
    const { error } = JSON.parse(text) as RefusalPage;
    return { status, ...error };
  };

  it('takes a task file and answers with its name, also one with a byte order mark', async () => {
    const { name } = JSON.parse(REAL_EXAMPLE) as { name: string };
    for (const body of [REAL_EXAMPLE, `\uFEFF${REAL_EXAMPLE}`]) {
      const { status, text } = await api.post(PATH, body);
      const file = `cfec-001-${name}.task.json`;
      assert.deepEqual([status, JSON.parse(text)], [200, { desc: 'succeed!', id: `received/${file}`, name: file }]);
    }
  });

  const lines = REAL_EXAMPLE.split('\n');
  const withLine = (at: number, text: string) => lines.with(at - 1, text).join('\n');
  const BROKEN: [what: string, text: string, line: number, column: number][] = [
    ['a comma too many', withLine(8, '  "policy": "fulltime",,'), 8, 24],
    ['a word without quotes', withLine(3, '  "senderid": cfec,'), 3, 15],
    ['a quote that is missing', withLine(4, '  "name": "film,'), 4, 11],
    ['a comma that is missing', withLine(3, '  "senderid": "cfec"'), 4, 3],
    ['an end that is missing', lines.slice(0, 10).join('\n'), 10, (lines[9]?.length ?? 0) + 1],
    ['nothing', '', 1, 1],
  ];
  for (const [what, text, line, column] of BROKEN) {
    it(`says where ${what} is`, async () => {
      const { status, code, ...place } = await refused(text);
      assert.deepEqual([status, code, place.line, place.column], [400, 'TASK_FILE_INVALID', line, column]);
    });
  }

  it('says which key is wrong, or missing', async () => {
    const field = async (
      change: (task: Record<string, unknown> & { bt: object; filelist: { size: unknown }[] }) => void,
    ) => {
      const task = JSON.parse(REAL_EXAMPLE) as Parameters<typeof change>[0];
      change(task);
      const { status, code, field } = await refused(JSON.stringify(task));
      assert.deepEqual([status, code], [400, 'TASK_FILE_INVALID']);
      return field;
    };
    assert.equal(await field(task => (task.filelist[2] = { ...task.filelist[2], size: '8623166' })), 'filelist.2.size');
    assert.equal(await field(task => delete task.basesubdir), 'basesubdir');
    assert.equal(await field(task => (task.bt = {})), 'bt.url');
  });

  it('refuses what is nested too deep, and what is no text', async () => {
    assert.equal((await refused('['.repeat(2_000_000))).code, 'TASK_FILE_INVALID');
    assert.equal((await refused(Buffer.from([0x7b, 0xff, 0x7d]))).code, 'BODY_NOT_JSON');
  });

  it('refuses what is longer than 64 MiB before it comes, and as soon as it has come', async () => {
    const answerTo = async (head: string, body: Buffer) => {
      const socket = connect(api.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
      for (let sent = 0; sent < 65 && body.length > 0; sent++) socket.write(body);
      const [first] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return first.toString();
    };
    const declared = await answerTo(`Content-Length: ${64 * 1024 * 1024 + 1}`, Buffer.alloc(0));
    assert.match(declared, /^HTTP\/1.1 413 [^]*BODY_TOO_LARGE/);
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1024 * 1024, 0x20), Buffer.from('\r\n')]);
    assert.match(await answerTo('Transfer-Encoding: chunked', chunk), /^HTTP\/1.1 413 /);
  });

  it('takes four at once: each is held in memory; their places are free again when they break off', async () => {
    const begin = () => {
      const socket = connect(api.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{`,
      );
      return socket;
    };
    const sockets = Array.from({ length: 4 }, begin);
    const statusIs = async (wanted: number) => {
      while ((await api.post(PATH, REAL_EXAMPLE)).status !== wanted)
        await new Promise(resolve => setImmediate(resolve));
    };
    await statusIs(503);
    assert.equal((await refused(REAL_EXAMPLE)).code, 'TOO_MANY_CALLS');
    for (const socket of sockets) socket.destroy();
    await statusIs(200);
    assert.deepEqual(api.errors, []);
  });
});
