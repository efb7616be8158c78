import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestFleet, until } from '../e2e/nodes.ts';
import { writePackage } from '../e2e/packages.ts';

const SHELL = new URL('../../shell/', import.meta.url).pathname;

describe('the operator scripts', () => {
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('it\'s a "film"'), { 'a.mxf': 300_000, 'b.mxf': 200_000 });
  });
  after(() => fleet.close());

  const run = async (script: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const env = {
      ...process.env,
      BFT2_API: `http://127.0.0.1:${fleet.sender.apiPort}`,
      BFT2_DCP: join(fleet.sender.root, 'dcp'),
      BFT2_SENDER: join(fleet.sender.root, 'sender'),
    };
    try {
      const { stdout, stderr } = await promisify(execFile)(join(SHELL, `${script}.sh`), args, { env });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };

  it('make, query, send, watch and cancel a package (BK-01, BK-02, BK-03, BK-06, BK-07)', async () => {
    const name = 'it\'s a "film"';
    assert.match((await run('gentask', name, '1:0:1')).out, /please wait until/);
    await until('made', async () => (await run('query', name)).out.includes('"finished"'));
    assert.match((await run('send', name)).out, /succeeded!/);
    await until('ready', async () => (await run('uprogress', name)).out.includes('"ready"'));
    assert.match((await run('cancel', name)).out, /"desc":"succeed!"/);
  });

  it('end with 1 when the node refuses, 2 without arguments, 4 when nobody answers', async () => {
    assert.equal((await run('progress', 'nothing')).code, 1);
    const { code, err } = await run('cprogress');
    assert.deepEqual([code, err], [2, 'usage: cprogress.sh NAME [BASESUBDIR]\n']);
    await fleet.sender.end();
    assert.equal((await run('cancel', 'film')).code, 4);
  });
});
