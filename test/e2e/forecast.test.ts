import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METHODS } from '../../src/core/method.ts';
import { TestFleet, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

describe('the rates that a receiver sees', function () {
  this.timeout(120_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
  });
  after(() => fleet.close());

  it('are of the verified bytes of each method, and kept when its fetch has ended', async () => {
    const receiver = await fleet.node('receiver', 'receiver', { avoidrepeat: false });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, number>;
    await until('all are kept', async () => {
      const text = await readFile(join(receiver.root, 'state', 'rates.json'), 'utf8').catch(() => '{}');
      const seen = JSON.parse(text) as Record<string, readonly { bytes: number; ms: number }[]>;
      // What was seen fades, if hardly in a second.
      return METHODS.every(method => {
        const { bytes = 0, ms = 0 } = seen[method]?.[0] ?? {};
        return ms > 0 && Math.abs(bytes / Number(task[`${method}listsize`]) - 1) < 0.01;
      });
    });
  });
});
