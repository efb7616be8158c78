import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { BftError } from '../../src/core/errors.ts';
import type { Source } from '../../src/core/method.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const REEL = 1000;
const MIB = 1024 * 1024;
/** Any other file has as many bytes as its name. */
const SIZES = new Map([
  ['reel', REEL],
  ['large', 100 * MIB],
  ['empty', 0],
  ['foreign', undefined],
]);

describe('transfer: ledger', () => {
  const at = temporaryDirectory();
  let ledger: Ledger;

  const size = (file: string) => (SIZES.has(file) ? SIZES.get(file) : file.length);
  const open = async () =>
    (ledger = await Ledger.open(at('record'), new ManualClock(), { size, path: file => at('staged', file) }));
  /** A file that a method brought, on disk and told to the ledger. */
  const bring = async (file: string, source: Source) => {
    await writeFiles(at('staged'), { [file]: 'x'.repeat(size(file) ?? 0) });
    ledger.finish(file, source);
  };
  const reel = (offset: number, length: number) => ({ file: 'reel', offset, length });
  const journal = () => readFile(at('record', 'ledger.jsonl'), 'utf8');
  const known = (...files: string[]) => files.filter(file => ledger.isFinished(file));

  beforeEach(async () => {
    await writeFiles(at('staged'), { reel: Buffer.alloc(REEL) });
    await open();
  });

  it('knows what was finished before, and by which method', async () => {
    await bring('a', 'bt');
    await bring('sub/b', 'obs');
    await bring('empty', 'cdn');
    await ledger.flush();
    await open();
    assert.deepEqual(known('a', 'sub/b', 'c', 'empty'), ['a', 'sub/b', 'empty']);
    assert.deepEqual(
      [ledger.isFrom('a', 'bt'), ledger.isFrom('a', 'obs'), ledger.isFrom('c', 'bt')],
      [true, false, false],
    );
    assert.ok(ledger.isVerified({ file: 'a', offset: 0, length: 1 }));
  });

  it('does not wait for the clock with 64 MiB', async () => {
    await writeFiles(at('staged'), { large: '' });
    await truncate(at('staged', 'large'), 100 * MIB);
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      ledger.verified({ file: 'large', offset: 0, length: 63 * MIB }, 'cdn');
      ledger.verified({ file: 'large', offset: 63 * MIB, length: MIB }, 'cdn');
      while (!(await journal()).includes('"durable":"large"')) await setImmediate();
    } finally {
      mock.timers.reset();
    }
    await ledger.flush();
  });

  it('knows after a restart what of a file was verified, and who brought which bytes', async () => {
    ledger.verified(reel(0, 100), 'bt');
    ledger.verified(reel(300, 100), 'cdn');
    ledger.durable(reel(100, 50), 'bt');
    await ledger.flush();
    await open();
    assert.deepEqual([ledger.bytes('bt'), ledger.bytes('obs'), ledger.bytes('cdn')], [150, 0, 100]);
    assert.deepEqual(
      [reel(0, 150), reel(20, 10), reel(140, 20), reel(300, 100), reel(299, 2)].map(extent =>
        ledger.isVerified(extent),
      ),
      [true, true, false, true, false],
    );
    assert.equal(ledger.isFinished('reel'), false);
    ledger.verified(reel(150, 150), 'obs');
    ledger.verified(reel(400, 600), 'obs');
    assert.ok(ledger.isFinished('reel'));
  });

  it('makes nothing durable that was not flushed; a kill leaves it to be read again, not to be believed', async () => {
    ledger.verified(reel(0, 100), 'cdn');
    ledger.written(reel(100, 100));
    await ledger.flush();
    ledger.verified(reel(500, 100), 'cdn');
    // As a killed process leaves it: noted, and no checkpoint.
    const noted = `${await journal()}{"written":"reel","spans":[[500,600]]}\n`;
    await ledger.flush();
    await writeFile(at('record', 'ledger.jsonl'), noted);
    for (let kill = 0; kill < 2; kill++) {
      await open();
      assert.deepEqual(
        [reel(0, 100), reel(100, 100), reel(500, 100), reel(0, 200), reel(50, 100), reel(200, 1)].map(extent => [
          ledger.isVerified(extent),
          ledger.isWritten(extent),
        ]),
        [
          [true, true],
          [false, true],
          [false, true],
          [false, true],
          [false, true],
          [false, false],
        ],
      );
    }
  });

  it('flushes many files by itself', async () => {
    const files = Array.from({ length: 1100 }, (_, index) => `f${index}`);
    for (const file of files) await bring(file, 'cdn');
    await ledger.flush();
    await open();
    assert.equal(known(...files).length, files.length);
  });

  it('forgets a torn last line, at whatever byte it was torn, and no other', async () => {
    await bring('first', 'bt');
    await ledger.flush();
    const first = (await journal()).length;
    await bring('second', 'cdn');
    await ledger.flush();
    const text = await journal();
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
    await appendFile(at('record', 'ledger.jsonl'), '{"durable":"b","sou');
    await open();
    await bring('c', 'obs');
    await ledger.flush();
    await open();
    assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
  });

  it('skips damaged lines', async () => {
    await writeFiles(at('staged'), { a: 'a', b: 'b', c: 'c' });
    const good = (file: string) => `{"durable":"${file}","source":"bt","spans":[[0,1]]}`;
    const damaged = [
      '',
      'null',
      '7',
      '[]',
      '{}',
      good('b').replace('"b"', '7'),
      good('b').replace('bt', 'ftp'),
      good('b').replace('0,1', '"0",1'),
      good('b').replace('0,1', '1,0'),
      good('b').replace('0,1', '-1,1'),
      good('b').replace('0,1', '0,1e300'),
      good('b').replace('[[0,1]]', '7'),
      good('b').replace('"bt"', '"b\u0000"'),
      good('foreign'),
      '{"counted":{"ftp":{}}}',
      '{"counted":{"bt":{"received":-1,"wasted":0,"sources":{}}}}',
      `x${good('b')}`,
    ];
    await writeFile(at('record', 'ledger.jsonl'), `${[good('a'), ...damaged, good('c')].join('\n')}\n`);
    await open();
    assert.deepEqual(known('a', 'b', 'c', 'foreign'), ['a', 'c']);
    assert.equal(await journal(), `${good('a')}\n${good('c')}\n`);
  });

  it('believes nothing of a file that is gone, shorter, or longer', async () => {
    for (const file of ['gone', 'shorter', 'longer', 'kept']) await bring(file, 'obs');
    ledger.verified(reel(0, 500), 'obs');
    await ledger.flush();
    await rm(at('staged', 'gone'));
    await truncate(at('staged', 'shorter'), 3);
    await appendFile(at('staged', 'longer'), 'x');
    await truncate(at('staged', 'reel'), 499);
    await open();
    assert.deepEqual(known('gone', 'shorter', 'longer', 'kept'), ['kept']);
    assert.equal(ledger.isWritten(reel(0, 1)), false);
  });

  it('takes bytes back, for good', async () => {
    for (const file of ['a', 'b', 'c']) await bring(file, 'bt');
    ledger.verified(reel(0, 100), 'bt');
    await ledger.revoke([
      { file: 'b', offset: 0, length: 1 },
      { file: 'never there', offset: 0, length: 9 },
      reel(40, 10),
    ]);
    for (let restart = 0; restart < 2; restart++) {
      assert.deepEqual(known('a', 'b', 'c'), ['a', 'c']);
      assert.deepEqual(
        [ledger.isVerified(reel(0, 40)), ledger.isWritten(reel(40, 1)), ledger.bytes('bt')],
        [true, false, 92],
      );
      await open();
    }
    await bring('b', 'cdn');
    await ledger.flush();
    await open();
    assert.ok(ledger.isFrom('b', 'cdn'));
  });

  it('never writes down a file whose data is not synced, also while it takes another back', async () => {
    await bring('wrong', 'bt');
    await writeFiles(at('staged'), { late: 'late' });
    const revoking = ledger.revoke([{ file: 'wrong', offset: 0, length: 5 }]);
    ledger.finish('late', 'cdn');
    await revoking;
    assert.doesNotMatch(await journal(), /durable/);
    await ledger.flush();
    await open();
    assert.deepEqual(known('wrong', 'late'), ['late']);
  });

  it('fault 5: throws a failed sync, once, and counts nothing that was not durable before', async () => {
    await bring('good', 'bt');
    ledger.verified(reel(0, 100), 'cdn');
    await ledger.flush();
    await rm(at('staged', 'reel'));
    ledger.verified(reel(100, 100), 'cdn');
    ledger.finish('ghost', 'bt');
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE', message: /ledger\.jsonl durable: ENOENT/ });
    assert.equal(ledger.isFinished('ghost'), false);
    assert.deepEqual(
      [ledger.isVerified(reel(0, 100)), ledger.isVerified(reel(100, 1)), ledger.bytes('cdn')],
      [true, false, 100],
    );
    await ledger.flush();
    await bring('later', 'bt');
    await ledger.flush();
    await open();
    assert.deepEqual(known('good', 'ghost', 'later'), ['good', 'later']);
  });

  it('fault 5: what was waiting behind a failed sync is not believed either, now or after a restart', async () => {
    let failures = 0;
    const wrong = { size, path: (file: string) => at(failures-- > 0 ? 'nowhere' : 'staged', file) };
    ledger = await Ledger.open(at('record'), new ManualClock(), wrong);
    ledger.verified(reel(0, 100), 'cdn');
    await ledger.flush();
    // Two batches: the second waits while the first fails.
    for (let at = 100; at < REEL; at++) ledger.verified(reel(at, 1), 'cdn');
    for (let at = 100; at < REEL; at++) ledger.verified(reel(at, 1), 'cdn');
    const { broken } = ledger;
    failures = 1;
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE' });
    assert.equal(broken.aborted, true);
    await ledger.flush();
    for (let restart = 0; restart < 2; restart++) {
      assert.deepEqual([ledger.bytes('cdn'), ledger.isWritten(reel(100, 1))], [100, false]);
      await open();
    }
  });

  it('writes nothing any more once it is closed: the journal is its successor’s', async () => {
    ledger.durable(reel(0, 100), 'bt');
    ledger.written(reel(100, 100));
    const old = ledger;
    await old.close();
    await open();
    old.durable(reel(200, 100), 'bt');
    await old.flush();
    await open();
    assert.deepEqual(
      [ledger.bytes('bt'), ledger.isWritten(reel(100, 1)), ledger.isWritten(reel(200, 1))],
      [0, false, false],
    );
  });

  it('throws when its own file cannot be written', async () => {
    await rm(at('record'), { recursive: true });
    await mkdir(at('record', 'ledger.jsonl'), { recursive: true });
    await bring('a', 'bt');
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE', message: /EISDIR/ });
    assert.equal(ledger.isFinished('a'), false);
  });

  it('counts verified bytes by who brought them last, none twice', () => {
    ledger.verified(reel(0, 10), 'bt');
    ledger.verified(reel(10, 5), 'cdn');
    ledger.verified(reel(10, 5), 'cdn');
    assert.deepEqual([ledger.bytes('bt'), ledger.bytes('obs'), ledger.bytes('cdn')], [10, 0, 5]);
    ledger.verified(reel(5, 10), 'obs');
    assert.deepEqual([ledger.bytes('bt'), ledger.bytes('obs'), ledger.bytes('cdn')], [5, 10, 0]);
  });

  it('counts on after a restart what methods moved, whom it came from and what was wrong', async () => {
    ledger.meters.cdn.add('cdn:80', 1000);
    ledger.meters.cdn.waste('cdn:80', 10);
    await ledger.flush();
    await open();
    ledger.meters.cdn.add('cdn:80', 1);
    assert.deepEqual(ledger.meters.cdn.counted, {
      received: 1001,
      wasted: 10,
      sources: { 'cdn:80': { bytes: 1001, wasted: 10 } },
    });
    assert.equal(ledger.meters.bt.received, 0);
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
