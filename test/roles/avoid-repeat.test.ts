import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { AvoidRepeat } from '../../src/roles/avoid-repeat.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { LocalTransport } from '../../src/transports/local/transport.ts';
import { ManualClock } from '../manual-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const FILE = { file: 'a.mxf', hash: sha1('film'), size: 4 };

describe('avoid repeat: what is here already', () => {
  const at = temporaryDirectory();
  const avoidRepeat = (isOn = true) => {
    const table = new HashTable({ log: silentLog }, () => ({ path: at('hashtable.txt'), storage: at('dcp') }));
    const local = new LocalTransport({ find: wanted => table.find(wanted), log: silentLog });
    return new AvoidRepeat({ table, local, log: silentLog }, () => isOn);
  };
  const task = () => ({
    ...realTask(),
    filelist: [FILE],
    size: 4,
    btlist: ['a.mxf'],
    cdnlist: [],
    btlistsize: 4,
    cdnlistsize: 0,
  });

  it('BR-42: is copied from the first place that holds it', async () => {
    await writeFiles(at('dcp'), { wrong: 'firm', worse: 'farm', right: 'film' });
    const rows = ['wrong', 'worse', 'right'].map(name => `${FILE.hash}  ${at('dcp', name)}\n`);
    await writeFiles(at(), { 'hashtable.txt': rows.join('') });
    const planned = await avoidRepeat().plan(task());
    assert.deepEqual([planned.localsamefiles, planned.btlist, planned.btlistsize2], [['a.mxf'], [], 0]);
    const paths = { packagePath: at('dcp', 'film'), transferPath: at('transfer') };
    const item = new TransferItem('x.task.json', planned, paths, { full: undefined, tmp: undefined });
    const ledger = await Ledger.open(at('ledger'), new ManualClock(), item.ledgerFiles);
    assert.deepEqual(await avoidRepeat().copy(item, ledger, AbortSignal.timeout(10_000)), []);
    assert.equal(await readFile(item.stagedPath('a.mxf'), 'utf8'), 'film');
    assert.equal(ledger.isFinished('a.mxf'), true);
    await ledger.flush();
  });

  it('BT-09, BT-11: the sums at the receiver are written also when there is none of it', async () => {
    for (const isOn of [true, false]) {
      const { btlistsize2, obslistsize2, cdnlistsize2, localsamefiles } = await avoidRepeat(isOn).plan(task());
      assert.deepEqual([btlistsize2, obslistsize2, cdnlistsize2, localsamefiles], [4, 0, 0, []], String(isOn));
    }
  });
});
