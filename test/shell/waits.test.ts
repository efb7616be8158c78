import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { writePackage } from '../e2e/packages.ts';
import { nodeEnv, withFunctions } from './scripts.ts';

describe('the waits of the operator scripts give up (BK-10)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.sender.start();
  });
  after(() => fleet.close());

  /** The wait has a minute (BFT2_WAIT), and must not take it. */
  const givesUp = async (node: TestNode, line: string, expected: RegExp) => {
    const { code, err } = await withFunctions(line, [], { ...nodeEnv(node), BFT2_ERROR_WAIT: '1' });
    assert.equal(code, 1, line);
    assert.match(err, expected);
  };
  const send = async (name: string, ratio: string, more: Record<string, unknown> = {}) => {
    await writePackage(fleet.packagePath(name), { 'a.mxf': 1000 });
    await fleet.make(name, ratio, more);
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath(name) });
  };

  it('waitready: on an upload that stays in error', async () => {
    await send('refused', '0:1:0');
    await givesUp(fleet.sender, 'waitready refused', /refused ready: in trouble for more than 1 s: .*"status":"error"/);
  });

  it('waitready: on a task whose seed time is over', async () => {
    await send('over', '1:0:0', { seedtime: 0 });
    await until('it is over', async () => (await fleet.upload('over')).status === 'finished');
    await givesUp(fleet.sender, 'waitready over', /over ready: it cannot come any more: .*"status":"finished"/);
  });

  it('waitfinished: on a task of which a part is there, and nobody makes the rest', async () => {
    await writePackage(fleet.packagePath('half'), { 'a.mxf': 1000 });
    await mkdir(dirname(fleet.taskPath('half')), { recursive: true });
    await writeFile(`${fleet.packagePath('half')}.torrent`, '');
    await givesUp(fleet.sender, 'waitfinished half', /task of half: it cannot come any more: .*please wait until/);
  });

  it('waitdownloaded: on a task that stays in error', async () => {
    const receiver = await fleet.node('receiver', 'receiver');
    await send('gone', '0:0:1');
    await rm(fleet.packagePath('gone'), { recursive: true });
    await fleet.recv(receiver, 'gone');
    await givesUp(
      receiver,
      'waitdownloaded gone',
      /gone downloaded: in trouble for more than 1 s: .*"status":"downloaderror"/,
    );
  });

  it('every wait: on a node that is gone', async () => {
    await fleet.sender.end();
    for (const wait of ['waitfinished', 'waitready', 'waitstarted', 'waitdownloaded'])
      await givesUp(fleet.sender, `${wait} any`, /any.*: in trouble for more than 1 s: NODE_UNREACHABLE: .*connect/);
  });
});
