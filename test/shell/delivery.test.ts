import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../src/disk/exists.ts';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { nodeEnv, script, withFunctions } from './scripts.ts';

const FILM = 'a "film"; $(x) 影片';

/** A window of one minute that is far away. */
function inTwelveHours(): string {
  const from = new Date(Date.now() + 12 * 3_600_000);
  const clock = (date: Date) => date.toTimeString().slice(0, 5);
  return `${clock(from)}-${clock(new Date(from.getTime() + 60_000))}`;
}

describe('the operator scripts, from a sender to a receiver', function () {
  this.timeout(180_000);
  let fleet: TestFleet;
  let receiver: TestNode;
  let stored: string;

  before(async () => {
    fleet = await TestFleet.create({ cdntime: inTwelveHours() });
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    receiver = await fleet.node('receiver', 'receiver');
    stored = join(receiver.root, 'dcp', FILM);
    await writePackage(fleet.packagePath(FILM), { 'a.mxf': 900_000, 'b.mxf': 800_000, 'sub/c d.xml': 700_000 });
  });
  after(() => fleet.close());

  const at = (node: TestNode) => ({
    run: (name: string, ...args: string[]) => script(name, args, nodeEnv(node)),
    with: (line: string, ...args: string[]) => withFunctions(line, args, nodeEnv(node)),
  });

  it('autosend makes, sends and waits until it may be received (BK-08, BK-10)', async () => {
    const { code, out, err } = await at(fleet.sender).run('autosend', FILM, '1:1:1', 'fulltime', 'cfec-001');
    assert.equal(code, 0, out + err);
    assert.match(out, /please wait until[^]*succeeded![^]*"status":"ready"/);
    for (const wait of ['waitfinished', 'waitfinished2', 'waitready']) {
      assert.equal((await at(fleet.sender).with(`${wait} "$1" cfec-001`, FILM)).code, 0, wait);
    }
  });

  it('autosend gives up when there is nothing to send, and says why (BK-08)', async () => {
    const { code, out } = await at(fleet.sender).run('autosend', 'nothing');
    assert.equal(code, 1);
    assert.match(out, /not exist dcp path/);
    const waiting = await at(fleet.sender).with('waitfinished other cfec-001');
    assert.equal(waiting.code, 1);
    assert.match(waiting.err, /^waited in vain for: the task of other: .*not exist/);
  });

  it('a wait ends when its time is over, with what was said last (BK-10)', async () => {
    const env = { ...nodeEnv(fleet.sender), BFT2_WAIT: '0' };
    const { code, err } = await withFunctions('waitfor "a miracle" eval "echo not yet; false"', [], env);
    assert.deepEqual([code, err], [1, 'waited in vain for: a miracle: 0 s are over: not yet\n']);
  });

  it('autorecv fetches the task from the sender over HTTP, receives, waits and checks every piece (BK-09, BK-04)', async () => {
    const { code, out, err } = await at(receiver).run('autorecv', FILM, 'cfec-001', 'true', fleet.originUrl);
    assert.equal(code, 0, out + err);
    assert.match(out, /"status":"downloaded"[^]*Already\/Total: (\d+)\/\1 \(100%\)\n$/);
    await assertSameTree(stored, fleet.packagePath(FILM));
  });

  it('checkdcp works at both ends, and a single wrong byte or a missing end mark fails it (BK-10, BF-22)', async () => {
    assert.equal((await at(fleet.sender).with('checkdcp "$1" cfec-001', FILM)).code, 0);
    const check = () => at(receiver).with('checkdcp "$1" cfec-001', FILM);
    const path = join(stored, 'b.mxf');
    const right = await readFile(path);
    await writeFile(path, Buffer.concat([Buffer.from([(right[0] ?? 0) ^ 1]), right.subarray(1)]));
    assert.equal((await check()).code, 1);
    await writeFile(path, right);
    assert.equal((await check()).code, 0);
    await rm(`${stored}.finished`);
    assert.match((await check()).err, /finished is not there/);
    await writeFile(`${stored}.finished`, '');
  });

  it('recv receives again and leaves what is stored alone (BK-04, BK-13); recv2 takes the task file that is here (BK-05)', async () => {
    const neighbour = join(receiver.root, 'dcp', 'neighbour');
    await writePackage(neighbour, { 'a.mxf': 10 });
    const { code, out } = await at(receiver).run('recv', FILM, 'cfec-001', 'false', fleet.originUrl);
    assert.equal(code, 0, out);
    assert.ok(await exists(neighbour));
    assert.equal((await at(receiver).with('waitdownloaded "$1"', FILM)).code, 0);
    assert.equal((await at(receiver).run('recv2', FILM)).code, 0);
    assert.equal((await at(receiver).with('waitdownloaded "$1"', FILM)).code, 0);
    await assertSameTree(stored, fleet.packagePath(FILM));
  });

  it('recv ends a task of its name that runs (BK-04); at a sender it never ends what is served', async () => {
    await writePackage(fleet.packagePath('late'), { 'a.mxf': 1000 });
    assert.equal((await at(fleet.sender).run('autosend', 'late', '0:0:1', 'priortime')).code, 0);
    const receive = () => at(receiver).run('recv', 'late', 'cfec-001', 'false', fleet.originUrl);
    assert.doesNotMatch((await receive()).out, /"method_name":"cancel"/);
    assert.equal((await at(receiver).with('waitstarted late')).code, 0);
    assert.match((await at(receiver).run('recv2', 'late')).out, /same taskfile in downloading/);
    const { code, out } = await receive();
    assert.equal(code, 0, out);
    assert.match(out, /"method_name":"cancel".*"desc":"succeed!"[^]*"method_name":"recv".*"desc":"succeed!"/);

    assert.equal((await at(fleet.sender).with('cancelrecv late')).out, '');
    assert.equal((await fleet.upload('late')).status, 'ready');
  });

  it('a sender that cannot be reached, or has no such task, is named (BK-10)', async () => {
    const { code, err } = await at(receiver).run('recv', 'nothing', 'cfec-001', 'false', fleet.originUrl);
    assert.equal(code, 1);
    assert.match(err, /could not fetch the task cfec-001-nothing from http:/);
  });

  it('cpsendertask copies through scp when it is asked to (BK-10)', async () => {
    const line = 'scp() { cp "${2#*:}" "$3"; }; cpsendertask "cfec-001-$1" "$2"';
    const env = { ...nodeEnv(receiver), BFT2_SENDER: String(fleet.sender.config.senderpath) };
    const to = join(receiver.root, 'receiver', 'tmp', `cfec-001-${FILM}.task.json`);
    for (const [sender, more] of [
      ['scp://root@sender', {}],
      ['root@sender', { BFT2_SCP: '1' }],
    ] as const) {
      await rm(to, { force: true });
      assert.equal((await withFunctions(line, [FILM, sender], { ...env, ...more })).code, 0);
      assert.ok(await exists(to));
    }
  });

  it('cleanstore works at a receiver only, in a test root only, on names only (BK-14, BK-10, BH-06)', async () => {
    const clean = (name = FILM) => at(receiver).with('cleanstore "$1" cfec-001', name);
    const refused = await clean();
    assert.equal(refused.code, 1);
    assert.match(refused.err, /is no test root/);
    assert.ok(await exists(stored));
    const outside = { ...nodeEnv(receiver), BFT2_TESTROOT: '/nowhere/else' };
    assert.equal((await withFunctions('cleanstore "$1"', [FILM], outside)).code, 1);

    await writeFile(join(receiver.root, 'dcp', '.bft2-testroot'), '');
    for (const name of ['', '.', '..', 'a/b']) assert.match((await clean(name)).err, /no name of a package/);
    for (const sub of ['.', '..', '../..', 'cfec-001/..']) {
      const { err } = await at(receiver).with('cleanstore "$1" "$2"', FILM, sub);
      assert.match(err, /no name of a package or sub-directory/);
    }
    assert.ok(await exists(stored));
    const rows = () => readFile(String(receiver.config.hashtable), 'utf8');
    await mkdir(`${stored}.other`);
    await writeFile(`${stored}.other/file`, 'of a neighbour');
    await until('the neighbour has a row', async () => (await rows()).includes(`${stored}.other/file\n`));
    assert.ok((await rows()).includes(`${stored}/`));
    assert.equal((await clean()).code, 0);
    assert.deepEqual([await exists(stored), await exists(`${stored}.finished`)], [false, false]);
    assert.deepEqual(
      [(await rows()).includes(`${stored}/`), (await rows()).includes(`${stored}.other/file\n`)],
      [false, true],
    );

    const source = { ...nodeEnv(fleet.sender), BFT2_TESTROOT: fleet.root };
    assert.match((await withFunctions('cleanstore "$1"', [FILM], source)).err, /only a receiver is cleaned/);
    assert.ok(await exists(fleet.packagePath(FILM)));
  });
});
