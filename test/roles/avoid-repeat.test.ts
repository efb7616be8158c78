import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { walkPackage } from '../../src/disk/walk.ts';
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
  const clock = new ManualClock();
  const tables: HashTable[] = [];
  afterEach(() => Promise.all(tables.splice(0).map(table => table.stop())));
  const avoidRepeat = (isOn = true) => {
    const table = new HashTable({ log: silentLog }, () => ({ path: at('hashtable.txt'), storage: at('dcp') }));
    tables.push(table);
    const local = new LocalTransport({ find: wanted => table.find(wanted), log: silentLog });
    return new AvoidRepeat({ table, local, clock, log: silentLog }, () => isOn);
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

  describe('the hashing of a package (BG-02)', () => {
    const FILES = { a: 'film', 'sub/b': 'more', c: '' };
    const hashes = new Map(Object.entries(FILES).map(([path, text]) => [path, sha1(text)]));
    const source = async () => ({ root: at('dcp/film'), files: (await walkPackage(at('dcp/film'))).files });

    beforeEach(async () => {
      await writeFiles(at('dcp/film'), FILES);
      // As if the files had been quiet for long.
      clock.advance(Date.now() + 60_000 - clock.now());
    });

    it('knows the next time what was entered, by the paths of the package, and enters only the rest', async () => {
      const first = await avoidRepeat().begin(await source());
      assert.equal(first.known.size, 0);
      await first.enter(hashes);
      await writeFile(at('dcp/film/a'), 'firm');
      const second = await avoidRepeat().begin(await source());
      assert.deepEqual(Object.fromEntries(second.known), { 'sub/b': sha1('more'), c: sha1('') });
      await second.enter(new Map([...hashes, ['a', sha1('firm')]]));
      assert.equal((await readFile(at('hashtable.txt'), 'utf8')).split('\n').length - 1, 4);
      assert.equal((await avoidRepeat().begin(await source())).known.get('a'), sha1('firm'));
    });

    it("is nobody else's business when it is off: the table is neither read nor written (BC-07)", async () => {
      await (await avoidRepeat(false).begin(await source())).enter(hashes);
      assert.deepEqual(await readdir(at()), ['dcp']);
      await (await avoidRepeat().begin(await source())).enter(hashes);
      assert.equal((await avoidRepeat(false).begin(await source())).known.size, 0);
      assert.equal((await avoidRepeat().begin(await source())).known.size, 3);
    });

    it('costs no task when the table cannot be written', async () => {
      await mkdir(at('hashtable.txt'));
      await (await avoidRepeat().begin(await source())).enter(hashes);
      assert.equal((await avoidRepeat().begin(await source())).known.size, 0);
    });

    it('does not believe what a task says of a package that was received: its pieces were verified, not its SHA-1', async () => {
      const filelist = [{ file: 'a', hash: sha1('something else'), size: 4 }];
      const paths = { packagePath: at('dcp/film'), transferPath: at('transfer') };
      const received = { ...task(), filelist, btlist: ['a'] };
      const item = new TransferItem('x.task.json', received, paths, { full: undefined, tmp: undefined });
      await avoidRepeat().remember(item);
      assert.equal(await readFile(at('hashtable.txt'), 'utf8'), `${sha1('something else')}  ${at('dcp/film/a')}\n`);
      assert.equal((await avoidRepeat().begin(await source())).known.size, 0);
    });
  });

  it('BT-09, BT-11: the sums at the receiver are written also when there is none of it', async () => {
    for (const isOn of [true, false]) {
      const { btlistsize2, obslistsize2, cdnlistsize2, localsamefiles } = await avoidRepeat(isOn).plan(task());
      assert.deepEqual([btlistsize2, obslistsize2, cdnlistsize2, localsamefiles], [4, 0, 0, []], String(isOn));
    }
  });
});
