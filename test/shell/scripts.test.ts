import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { startApi } from '../api/harness.ts';
import { TestFleet, until } from '../e2e/nodes.ts';
import { writePackage } from '../e2e/packages.ts';
import { nodeEnv, script, withFunctions } from './scripts.ts';

describe('the operator scripts', () => {
  let fleet: TestFleet;
  const name = 'it\'s a "film"';

  before(async () => {
    fleet = await TestFleet.create({ obscredentials: 'keys' });
    await fleet.sender.start();
    await writePackage(fleet.packagePath(name), { 'a.mxf': 300_000, 'b.mxf': 200_000 });
    await writePackage(fleet.packagePath('other'), { 'a.mxf': 300_000 });
  });
  after(() => fleet.close());

  const run = (script_: string, ...args: string[]) => script(script_, args, nodeEnv(fleet.sender));

  it('make, query, send, watch and cancel a package (BK-01, BK-02, BK-03, BK-07)', async () => {
    assert.match((await run('gentask', name, '1:0:1')).out, /please wait until/);
    await until('made', async () => (await run('query', name)).out.includes('"finished"'));
    assert.match((await run('send', name)).out, /succeeded!/);
    await until('ready', async () => (await run('uprogress', name)).out.includes('"ready"'));
    assert.match((await run('cancel', name)).out, /"desc":"succeed!"/);
  });

  it('ask a cacher whether it serves (BK-06)', async () => {
    const cacher = await fleet.node('cacher', 'cacher');
    const cprogress = (...args: string[]) => script('cprogress', args, nodeEnv(cacher));
    const unknown = await cprogress('served');
    assert.deepEqual([unknown.code, /unknown task/.test(unknown.out)], [1, true]);
    await writePackage(fleet.packagePath('served'), { 'a.mxf': 300_000 });
    await fleet.publish('served', '1:0:0');
    await fleet.recv(cacher, 'served');
    await until('it serves', async () => {
      const { code, out } = await cprogress('served', 'cfec-001');
      return code === 0 && /"status":"seeding","desc":"btseeding dir:/.test(out);
    });
  });

  it('give a sub-directory its own bucket, from a table that only its owner may read (BK-12)', async () => {
    const endpoints = nodeEnv(fleet.sender).BFT2_ENDPOINTS ?? '';
    await writeFile(endpoints, 'cfec-002 A B c.example\ncfec-001 OWNKEY OWN/SECRET own.example\n');
    await chmod(endpoints, 0o644);
    const refused = await run('gentask', 'other', '1:1:1');
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /holds keys: only its owner may read it/);
    await chmod(endpoints, 0o600);
    assert.equal((await run('gentask', 'other', '1:1:1')).code, 0);
    await until('made', async () => (await run('query', 'other')).out.includes('"finished"'));
    const task = JSON.parse(await readFile(fleet.taskPath('other'), 'utf8')) as { obs: Record<string, string> };
    const { obsak, obssk, obsendpoint } = task.obs;
    assert.deepEqual([obsak, obssk, obsendpoint], ['OWNKEY', 'OWN/SECRET', 'own.example']);
  });

  it('show their token, and no list of processes has it', async () => {
    const api = await startApi({ cancel: () => Promise.resolve(true) }, 'a "token');
    try {
      const env = { BFT2_API: `http://127.0.0.1:${api.port}` };
      assert.match((await script('cancel', ['film'], { ...env, BFT2_TOKEN: 'a "token' })).out, /succeed!/);
      assert.match((await script('cancel', ['film'], env)).out, /UNAUTHORISED/);
      const traced = await withFunctions('bft() { echo "$*"; }; call cancel taskfile "$1"', ['s3cret'], {
        ...env,
        BFT2_TOKEN: 'a "token',
      });
      assert.doesNotMatch(traced.out, /token|s3cret/);
      assert.match(traced.out, /ask cancel --params -/);
    } finally {
      await api.stop();
    }
  });

  it('end with 1 when the node refuses, 2 without arguments, 4 when nobody answers', async () => {
    assert.equal((await run('progress', 'nothing')).code, 1);
    for (const [called, text] of Object.entries({
      gentask: 'NAME [RATIO] [POLICY] [BASESUBDIR]',
      query: 'NAME [BASESUBDIR]',
      send: 'NAME [BASESUBDIR] [REACTIVE]',
      recv: 'NAME [BASESUBDIR] [REACTIVE] [SENDER]',
      recv2: 'NAME [BASESUBDIR] [REACTIVE]',
      cprogress: 'NAME [BASESUBDIR]',
      autosend: 'NAME [RATIO] [POLICY] [BASESUBDIR]',
      autorecv: 'NAME BASESUBDIR REACTIVE SENDER',
    })) {
      const { code, err } = await run(called);
      assert.deepEqual([code, err], [2, `usage: ${called}.sh ${text}\n`]);
    }
    await fleet.sender.end();
    assert.equal((await run('cancel', 'film')).code, 4);
  });
});
