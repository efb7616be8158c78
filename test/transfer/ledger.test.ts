import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { BftError } from '../../src/core/errors.ts';
import type { Method, Source } from '../../src/core/method.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

describe('transfer: ledger', () => {
  const at = temporaryDirectory();
  let ledger: Ledger;

  const locate = (file: string, source: Source) => at(source, file);
  const open = async () => (ledger = await Ledger.open(at('record'), new ManualClock(), locate));
  /** A file that a method brought, on disk and told to the ledger. */
  const bring = async (file: string, method: Method, content = file) => {
    await writeFiles(at(method), { [file]: content });
    ledger.finish(file, method, content.length, at(method, file));
  };
  const lines = () => readFile(at('record', 'ledger.jsonl'), 'utf8');
  const known = (...files: string[]) => files.filter(file => ledger.isFinished(file));

  beforeEach(open);

  it('knows what was finished before, and by which method', async () => {
    await bring('a', 'bt');
    await bring('sub/b', 'obs');
    await ledger.flush();
    await open();
    assert.deepEqual(known('a', 'sub/b', 'c'), ['a', 'sub/b']);
    assert.deepEqual([ledger.sourceOf('a'), ledger.sourceOf('sub/b'), ledger.sourceOf('c')], ['bt', 'obs', undefined]);
    assert.ok(ledger.isVerified({ file: 'a', offset: 0, length: 1 }));
  });

  it('makes nothing durable that was not flushed', async () => {
    await bring('a', 'bt');
    assert.ok(ledger.isFinished('a'));
    assert.equal(await lines(), '');
    await ledger.flush();
    assert.equal(await lines(), '{"file":"a","source":"bt","bytes":1}\n');
  });

  it('flushes many files by itself', async () => {
    for (let index = 0; index < 300; index++) await bring(`f${index}`, 'cdn');
    await ledger.flush();
    await open();
    assert.equal(known(...Array.from({ length: 300 }, (_, index) => `f${index}`)).length, 300);
  });

  it('forgets a torn last line, at whatever byte it was torn, and no other', async () => {
    await bring('first', 'bt');
    await ledger.flush();
    await bring('second', 'cdn');
    await ledger.flush();
    const text = await lines();
    const first = text.indexOf('\n') + 1;
    for (let length = first; length < text.length; length++) {
      await writeFile(at('record', 'ledger.jsonl'), text);
      await truncate(at('record', 'ledger.jsonl'), length);
      await open();
      assert.deepEqual(known('first', 'second'), ['first'], `torn after ${length} bytes`);
    }
    await writeFile(at('record', 'ledger.jsonl'), text);
    await open();
    assert.deepEqual(known('first', 'second'), ['first', 'second']);
  });

  it('goes on after a torn line without spoiling what comes next', async () => {
    await bring('a', 'bt');
    await ledger.flush();
    await appendFile(at('record', 'ledger.jsonl'), '{"file":"b","sou');
    await open();
    await bring('c', 'obs');
    await ledger.flush();
    await open();
    assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
  });

  it('skips damaged lines', async () => {
    await writeFiles(at('bt'), { a: 'a', b: 'b', c: 'c' });
    const good = (file: string) => `{"file":"${file}","source":"bt","bytes":1}`;
    const damaged = [
      '',
      'null',
      '7',
      '[]',
      '{}',
      '{"file":7,"source":"bt","bytes":1}',
      '{"file":"b","source":"ftp","bytes":1}',
      '{"file":"b","source":"bt","bytes":"1"}',
      '{"file":"b","source":"bt"}',
      good('b').replace('"bt"', '"b\u0000"'),
      `x${good('b')}`,
    ];
    await writeFile(at('record', 'ledger.jsonl'), `${[good('a'), ...damaged, good('c')].join('\n')}\n`);
    await open();
    assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
    assert.equal(await lines(), `${good('a')}\n${good('c')}\n`);
  });

  it('believes nothing of a file that is gone, shorter, longer, or elsewhere', async () => {
    for (const file of ['gone', 'shorter', 'longer', 'moved', 'kept']) await bring(file, 'obs');
    await ledger.flush();
    await rm(at('obs', 'gone'));
    await truncate(at('obs', 'shorter'), 3);
    await appendFile(at('obs', 'longer'), 'x');
    await rm(at('obs', 'moved'));
    await writeFiles(at('cdn'), { moved: 'moved' });
    await open();
    assert.deepEqual(known('gone', 'shorter', 'longer', 'moved', 'kept'), ['kept']);
    assert.equal(await lines(), '{"file":"kept","source":"obs","bytes":4}\n');
  });

  it('takes files back, for good', async () => {
    for (const file of ['a', 'b', 'c']) await bring(file, 'bt');
    await ledger.revoke(['b', 'never there']);
    assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
    assert.equal(ledger.isVerified({ file: 'b', offset: 0, length: 1 }), false);
    await open();
    assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
    await bring('b', 'cdn', 'better');
    await ledger.flush();
    await open();
    assert.equal(ledger.sourceOf('b'), 'cdn');
  });

  it('never writes down a file whose data is not synced, also while it takes another back', async () => {
    await bring('wrong', 'bt');
    await writeFiles(at('cdn'), { late: 'late' });
    const revoking = ledger.revoke(['wrong']);
    ledger.finish('late', 'cdn', 4, at('cdn', 'late'));
    await revoking;
    assert.equal(await lines(), '');
    await ledger.flush();
    await open();
    assert.deepEqual(known('wrong', 'late'), ['late']);
  });

  it('fault 5: throws a failed sync, once, and does not count the file', async () => {
    await bring('good', 'bt');
    ledger.finish('ghost', 'bt', 5, at('bt', 'ghost'));
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE', message: /ledger\.jsonl durable: ENOENT/ });
    assert.equal(ledger.isFinished('ghost'), false);
    await ledger.flush();
    await bring('good', 'bt');
    await ledger.flush();
    await open();
    assert.deepEqual(known('good', 'ghost'), ['good']);
  });

  it('throws when its own file cannot be written', async () => {
    await rm(at('record'), { recursive: true });
    await mkdir(at('record', 'ledger.jsonl'), { recursive: true });
    await bring('a', 'bt');
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE', message: /EISDIR/ });
    assert.equal(ledger.isFinished('a'), false);
  });

  it('counts verified bytes by method, units and files, none twice', async () => {
    const unit = (offset: number, length: number) => ({ file: 'a', offset, length });
    ledger.verified(unit(0, 10), 'bt');
    ledger.verified(unit(10, 5), 'cdn');
    ledger.verified(unit(10, 5), 'cdn');
    assert.deepEqual([ledger.bytes('bt'), ledger.bytes('obs'), ledger.bytes('cdn')], [10, 0, 5]);
    assert.deepEqual([ledger.isVerified(unit(10, 5)), ledger.isVerified(unit(15, 5))], [true, false]);
    await bring('a', 'bt', 'x'.repeat(15));
    assert.deepEqual([ledger.bytes('bt'), ledger.bytes('cdn')], [15, 0]);
    await ledger.revoke(['a']);
    assert.equal(ledger.bytes('bt'), 0);
  });

  it('says why a method does not move, until it moves', () => {
    const [down, late] = [new BftError('BT_NO_SOURCE', 'no peers'), new BftError('SOURCE_UNREACHABLE', 'no line')];
    assert.equal(ledger.trouble, undefined);
    ledger.notice('cdn', late);
    ledger.notice('bt', down);
    assert.deepEqual([ledger.noticeOf('bt'), ledger.noticeOf('obs'), ledger.trouble], [down, undefined, down]);
    ledger.verified({ file: 'a', offset: 0, length: 1 }, 'bt');
    assert.deepEqual([ledger.noticeOf('bt'), ledger.trouble], [undefined, late]);
    ledger.notice('cdn', undefined);
    assert.equal(ledger.trouble, undefined);
  });
});
