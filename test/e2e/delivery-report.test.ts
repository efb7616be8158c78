import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeliveryReport } from '../../src/roles/delivery-report.ts';
import { edit, makeDcp } from '../dcp/packages.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';

interface Told {
  readonly code: string;
  readonly task: string;
  readonly text: string;
}

describe('the delivery report of a DCP between real nodes', () => {
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { receiverid: 'hall-7' });
  });
  after(() => fleet.close());

  const report = async (name: string) =>
    JSON.parse(
      await until(`the report of ${name}`, () =>
        readFile(join(receiver.root, 'receiver', 'reports', `cfec-001-${name}.json`), 'utf8').catch(() => undefined),
      ),
    ) as DeliveryReport;
  const told = async (name: string) => {
    const answer = await fetch(`http://127.0.0.1:${receiver.apiPort}/api/v1/events`);
    const { events } = (await answer.json()) as { events: Told[] };
    const mine = events.filter(({ code, task }) => code === 'PACKAGE_CHECK' && task === `cfec-001-${name}.task.json`);
    return mine[0]?.text;
  };
  const verdict = (name: string) => until(`the check of ${name} is told`, () => told(name));

  it('says what each method brought, and that the package is valid', async () => {
    await makeDcp(fleet.packagePath('film'));
    await fleet.publish('film', '1:1:1');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    const { node, methods, size, verified, dcp, files, times } = await report('film');
    assert.equal(node, 'hall-7');
    assert.ok(Object.values(methods).every(({ bytes }) => bytes > 0));
    assert.equal(methods.bt.bytes + methods.obs.bytes + methods.cdn.bytes, size);
    assert.equal(verified.by, 'pieces');
    assert.equal(files.length, 12);
    assert.notEqual(times.finished, '');
    assert.deepEqual([dcp?.verdict, dcp?.standard, dcp?.hashes], ['valid', 'SMPTE', { checked: 9, unchecked: 0 }]);
    assert.equal(await verdict('film'), 'SMPTE package is valid');
    const text = await readFile(join(receiver.root, 'receiver', 'reports', 'cfec-001-film.txt'), 'utf8');
    assert.ok(!/Signature=|TESTKEY|TESTSECRET/.test(text + JSON.stringify(await report('film'))), text);
  });

  it('delivers a broken package as it was sent, and says so', async () => {
    await makeDcp(fleet.packagePath('broken'));
    await edit(fleet.packagePath('broken'), 'PKL_', text => text.replace(/<Hash>....../, '<Hash>AAAAAA'));
    await fleet.publish('broken', '0:0:1');
    await fleet.recv(receiver, 'broken');
    await fleet.downloaded(receiver, 'broken');
    assert.equal((await report('broken')).dcp?.verdict, 'broken');
    assert.match(await verdict('broken'), /^SMPTE package is broken \(.*HASH_DIFFERS 1/);
    assert.match(receiver.output, /"code":"PACKAGE_CHECK"/);
  });
});
