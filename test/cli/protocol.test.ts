import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { BftError, type ErrorCode } from '../../src/core/errors.ts';
import { startApi } from '../api/harness.ts';
import { TestFleet } from '../e2e/nodes.ts';
import { writePackage } from '../e2e/packages.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { bft } from './bft.ts';

describe('bft: the methods of the protocol, at a real sender', function () {
  this.timeout(60_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create({ obscredentials: 'keys' });
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    await writePackage(fleet.packagePath('film'), { 'a.mxf': 300_000, 'b.mxf': 200_000 });
  });
  after(() => fleet.close());

  const run = (...args: string[]) =>
    bft(args, {
      BFT2_API: `http://127.0.0.1:${fleet.sender.apiPort}`,
      BFT2_SENDER: String(fleet.sender.config.senderpath),
    });

  it('gentask finds the place of the task file by itself and ends when it is made (BG-03)', async () => {
    const { code, out, err } = await run('gentask', fleet.packagePath('film'), '--ratio', '1:1:1', '--wait');
    assert.deepEqual([code, out], [EXIT.ok, `${fleet.taskPath('film')}\n`], err);
    assert.match(err, /^please wait until/);
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual([task.basesubdir, task.policy], ['cfec-001', 'fulltime']);
  });

  it('--raw is the envelope as the node sent it, --json its content', async () => {
    const params = [
      'ask',
      'taskfilesquery',
      `dcppath=${fleet.packagePath('film')}`,
      `taskfile=${fleet.taskPath('film')}`,
    ];
    const raw = JSON.parse((await run(...params, '--raw')).out) as Record<string, unknown>;
    assert.deepEqual([raw.message_type, raw.return_status], ['response', 'true']);
    const content = JSON.parse((await run(...params, '--json')).out) as Record<string, unknown>;
    assert.deepEqual(raw.return_content, content);
  });

  it('ends with 3 for what is not there, 6 for what is refused, and says what comes next', async () => {
    const missing = await run('gentask', fleet.packagePath('none'));
    assert.deepEqual([missing.code, missing.out], [EXIT.notFound, '']);
    assert.match(missing.err, /^SOURCE_MISSING: error, not exist dcp path: .*\n {2}Check the path.*\n {2}docs\//);
    const receives = join(fleet.root, 'task.json');
    await writeFile(receives, '{');
    assert.equal((await run('recv', receives, '--on-node')).code, EXIT.permanent);
    const unknown = await run('ask', 'limits', 'taskfile=cfec-001-none.task.json', '--raw');
    assert.deepEqual([unknown.code, /"code":"TASK_UNKNOWN"/.test(unknown.out), unknown.err], [EXIT.notFound, true, '']);
  });

  it('keys come from a file that only its owner may read', async () => {
    const keys = join(fleet.root, 'keys.json');
    await writeFile(keys, '{"ak": "AK1", "sk": "SECRETKEY", "endpoint": "obs.example"}');
    await chmod(keys, 0o644);
    const gentask = () => run('gentask', fleet.packagePath('film'), '--keys-file', keys, '--wait');
    const refused = await gentask();
    assert.deepEqual([refused.code, /only its owner may read it/.test(refused.err)], [EXIT.usage, true]);
    await chmod(keys, 0o600);
    const { code, out, err } = await gentask();
    assert.equal(code, EXIT.ok, err);
    assert.doesNotMatch(out + err, /SECRETKEY/);
    assert.match(await readFile(fleet.taskPath('film'), 'utf8'), /SECRETKEY/);
  });

  it('schedule and events are tables, and stable objects', async () => {
    const schedule = await run('schedule');
    assert.match(schedule.out, /\nbt: at any time\n[^]*no tasks wait or run\n$/);
    const page = JSON.parse((await run('schedule', '--json')).out) as Record<string, unknown>;
    assert.deepEqual(Object.keys(page), ['now', 'zone', 'methods', 'tasks']);
    assert.equal((await run('events', '--json')).code, EXIT.ok);
  });
});

describe('bft: a node that wants a token', () => {
  const at = temporaryDirectory();

  it('gets it from the environment, a file, or the state of the node on this machine; never from the command line', async () => {
    const api = await startApi({ cancel: () => Promise.resolve(true) }, 'a "token');
    try {
      const ask = ['ask', 'cancel', 'taskfile=cfec-001-film.task.json'];
      const node = ['--node', `http://127.0.0.1:${api.port}`];
      const refused = await bft([...ask, ...node]);
      assert.deepEqual(
        [refused.code, /^UNAUTHORISED: .*\n {2}Give the token with --token-file/.test(refused.err)],
        [EXIT.permanent, true],
      );
      assert.equal((await bft([...ask, ...node], { BFT2_TOKEN: 'a "token' })).out, '{\n  "desc": "succeed!"\n}\n');
      await mkdir(at('state'));
      await writeFile(at('state', 'token'), 'a "token\n');
      assert.equal((await bft([...ask, ...node, '--token-file', at('state', 'token')])).code, EXIT.ok);
      const config = { servertype: 'receiver', statepath: at('state'), apilisten: `127.0.0.1:${api.port}` };
      await writeFile(at('config.json'), JSON.stringify(config));
      assert.equal((await bft([...ask, '--config', at('config.json')])).code, EXIT.ok);
      assert.match((await bft([...ask, '--token', 'x'])).err, /unknown option '--token'/);
    } finally {
      await api.stop();
    }
  });

  it('ends as the code of the refusal says', async () => {
    const ends = {
      INTERNAL: 1,
      TASK_UNKNOWN: 3,
      SOURCE_UNREACHABLE: 5,
      TASK_EXISTS: 6,
      VERIFY_FAILED: 7,
      DISK_FULL: 8,
    };
    const api = await startApi({ cancel: name => Promise.reject(new BftError(name.split('.')[0] as ErrorCode, name)) });
    try {
      for (const [code, expected] of Object.entries(ends)) {
        const node = ['--node', `http://127.0.0.1:${api.port}`];
        const told = await bft(['ask', 'cancel', `taskfile=${code}.task.json`, '--json', ...node]);
        assert.deepEqual([told.code, told.out], [expected, ''], code);
        assert.equal((JSON.parse(told.err) as { error: { code: string } }).error.code, code);
      }
    } finally {
      await api.stop();
    }
  });
});
