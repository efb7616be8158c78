import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { METHODS } from '../../src/core/method.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { takeOut } from '../../src/task/avoid-repeat.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { packageFor } from './delivered-package.ts';

const CONTENT = { a: Buffer.alloc(30_000, 1), b: Buffer.alloc(20_000, 2), 'sub/c': Buffer.alloc(10_000, 3) };

describe('transfer: a task on this node', () => {
  const at = temporaryDirectory();
  const item = async (ratio: string) => (await packageFor(at(), CONTENT, { ratio })).item;

  it('BD-11 … BD-13: has its working data below the transfer root, by method', async () => {
    const divided = await item('1:1:1');
    assert.deepEqual(
      METHODS.map(method => divided.stagingRoot(method)),
      [
        at('transfer', 'bt', 'cfec-001', 'pkg-tmp'),
        at('transfer', 'obs', 'cfec-001', 'pkg'),
        at('transfer', 'cdn', 'cfec-001', 'pkg'),
      ],
    );
    assert.equal(divided.stagingPath('cdn', 'sub/c'), at('transfer', 'cdn', 'cfec-001', 'pkg', 'sub', 'c'));
    assert.equal((await item('1:0:0')).stagingRoot('bt'), at('transfer', 'bt', 'cfec-001', 'pkg'));
  });

  it('keeps what is assembled and what is replaced apart from all working data', async () => {
    const { assemblyPath, replacedPath } = await item('1:1:1');
    assert.equal(assemblyPath, at('transfer', 'assembled', 'cfec-001', 'pkg'));
    assert.equal(replacedPath, at('transfer', 'replaced', 'cfec-001', 'pkg'));
  });

  it('keeps the ledger by what the task is made of: one made anew under its name knows nothing', async () => {
    const { name, task, packagePath, ledgerRoot, ledgerDirectory } = await item('1:1:1');
    assert.equal(ledgerRoot, at('transfer', 'ledger', 'cfec-001', 'pkg'));
    assert.equal(dirname(ledgerDirectory), ledgerRoot);
    const of = (change: Partial<TaskFile>) =>
      new TransferItem(
        name,
        { ...task, ...change },
        { packagePath, transferPath: at('transfer') },
        { full: undefined, tmp: undefined },
      ).ledgerDirectory;
    assert.equal(of({ sendtime: 'later', policy: 'priortime' }), ledgerDirectory);
    assert.equal(of(takeOut(task, new Set(task.btlist))), ledgerDirectory);
    const anew: Partial<TaskFile>[] = [
      { filelist: task.filelist.map(file => ({ ...file, hash: '0'.repeat(40) })) },
      { bt: { ...task.bt, infohash: '0'.repeat(40) } },
      { btlistsize: 0, obslistsize: task.size },
    ];
    for (const change of anew) assert.notEqual(of(change), ledgerDirectory);
  });

  it('BV-003 … BV-005: shares the full torrent for n:0:0, the -tmp one otherwise, none without a bt share', async () => {
    const only = await item('7:0:0');
    assert.equal(only.shared, only.full);
    const divided = await item('1:1:1');
    assert.equal(divided.shared?.metainfo.name, 'pkg-tmp');
    assert.equal((await item('0:1:1')).shared, undefined);
  });

  it('gives a method its files and no others', async () => {
    const divided = await item('1:1:1');
    assert.deepEqual(
      METHODS.map(method => divided.files(method)),
      [['a'], ['b'], ['sub/c']],
    );
  });

  it('decision 20: is bound when the task names both torrents by infohash and they are those', async () => {
    const other = 'f'.repeat(40);
    const bound = ({ name, task, packagePath, full, shared }: TransferItem, change = {}) => {
      const paths = { packagePath, transferPath: at('transfer') };
      return new TransferItem(name, { ...task, bt: { ...task.bt, ...change } }, paths, { full, tmp: shared }).isBound;
    };
    const [divided, btOnly, withoutBt] = [await item('1:1:1'), await item('1:0:0'), await item('0:1:1')];
    assert.deepEqual([bound(divided), bound(btOnly), bound(withoutBt)], [true, true, true]);
    for (const wrong of [other, undefined]) {
      assert.equal(bound(divided, { infohash: wrong }), false);
      assert.equal(bound(divided, { tmpinfohash: wrong }), false);
      // Not used for n:0:0: it may be anything.
      assert.equal(bound(btOnly, { tmpinfohash: wrong }), true);
    }
  });

  it('decision 20: is not bound without the full torrent', async () => {
    const { name, task, packagePath } = await item('0:1:1');
    const paths = { packagePath, transferPath: at('transfer') };
    assert.equal(new TransferItem(name, task, paths, { full: undefined, tmp: undefined }).isBound, false);
    const { infohash: _, ...bt } = task.bt;
    assert.equal(new TransferItem(name, { ...task, bt }, paths, { full: undefined, tmp: undefined }).isBound, false);
  });
});
