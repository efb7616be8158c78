import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { serveOptions } from '../../src/cli/serve.ts';
import { send } from '../raw-request.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

describe('cli: serve', () => {
  const at = temporaryDirectory();
  let child: ChildProcess | undefined;
  beforeEach(() => writeFiles(at(), { 'film/reel 1.mxf': 'abcdefghijk', 'top.mxf': 'top', 'film/.hidden': 'x' }));
  afterEach(async () => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  const run = (...args: string[]) => {
    child = spawn(process.execPath, [MAIN, 'serve', ...args], { cwd: at(), stdio: ['ignore', 'pipe', 'pipe'] });
    return { process: child, out: child.stdout as NodeJS.ReadableStream, err: child.stderr as NodeJS.ReadableStream };
  };

  /** Starts it on a free port, and reads from its output which. */
  const start = async (...args: string[]) => {
    const server = run('--listen', '127.0.0.1:0', ...args);
    const [line] = (await once(server.out, 'data')) as [Buffer];
    const [, root, port] = /^(.*) is served at http:\/\/127\.0\.0\.1:(\d+)\/data\/\n$/.exec(line.toString()) ?? [];
    return { ...server, root, port: Number(port) };
  };

  const ended = async ({ process, out, err }: ReturnType<typeof run>) => {
    const [output, errors] = await Promise.all([text(out), text(err), once(process, 'exit')]);
    return { code: process.exitCode, output, errors };
  };

  it('R-001 listens on port 13000 of the loopback address and serves the working directory, if nothing else is said', () => {
    assert.deepEqual(serveOptions([]), { root: process.cwd(), address: { host: '127.0.0.1', port: 13_000 } });
    assert.deepEqual(serveOptions(['--listen', '[::1]:80', '/films']), {
      root: '/films',
      address: { host: '::1', port: 80 },
    });
  });

  for (const directory of ['.', 'film/..', '']) {
    it(`R-001 serves the files below the directory ${JSON.stringify(directory)} under /data/`, async () => {
      const server = await start(...(directory === '' ? [] : [directory]));
      assert.equal(server.root, at());
      const { status, text: whole, headers } = await send(server.port, { path: '/data/film/reel%201.mxf' });
      assert.deepEqual([status, whole, headers['accept-ranges']], [200, 'abcdefghijk', 'bytes']);
      const range = { range: 'bytes=0-2' };
      const part = await send(server.port, { path: '/data/top.mxf', headers: range });
      assert.deepEqual([part.status, part.text], [206, 'top']);
    });
  }

  it('R-001, R-023 serves nothing hidden, no link, no directory, nothing outside', async () => {
    await symlink(at('film/reel 1.mxf'), at('film/link.mxf'));
    const { port } = await start('film');
    assert.equal((await send(port, { path: '/data/reel%201.mxf' })).status, 200);
    const paths = ['/data/', '/data', '/data/.hidden', '/data/link.mxf', '/data/../top.mxf', '/reel%201.mxf', '/'];
    for (const path of [...paths, '/data/%2e%2e/top.mxf', '/data/none']) {
      assert.equal((await send(port, { path })).status, 404, path);
    }
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`R-001 ends with 0 on ${signal}, and says nothing more`, async () => {
      const server = await start();
      assert.equal((await send(server.port, { path: '/data/top.mxf' })).status, 200);
      server.process.kill(signal);
      assert.deepEqual(await ended(server), { code: 0, output: '', errors: '' });
      await assert.rejects(send(server.port, { path: '/data/top.mxf' }), { code: 'ECONNREFUSED' });
    });
  }

  it('ends with 1 when the address is taken or there is no directory', async () => {
    const first = await start();
    const second = await ended(run('--listen', `127.0.0.1:${first.port}`));
    assert.deepEqual([second.code, second.output], [1, '']);
    assert.match(second.errors, /^LISTEN_FAILED: .*--listen/);
    first.process.kill('SIGTERM');
    await ended(first);
    for (const directory of ['none', 'top.mxf']) {
      const { code, errors } = await ended(run(directory));
      assert.equal(code, 1);
      assert.match(errors, /^SOURCE_MISSING: .* is no directory/);
    }
  });

  it('ends with 2 when it is called wrongly, and with 0 when asked for help', async () => {
    for (const args of [
      ['a', 'b'],
      ['--listen', 'x'],
      ['--listen', ''],
      ['--port', '1'],
    ]) {
      const { code, errors } = await ended(run(...args));
      assert.equal(code, 2, args.join(' '));
      assert.match(errors, /^USAGE: serve: [^]*usage: /);
    }
    const { code, output } = await ended(run('--help'));
    assert.equal(code, 0);
    assert.match(output, /serve \[--listen HOST:PORT\] \[DIR\]/);
  });
});
