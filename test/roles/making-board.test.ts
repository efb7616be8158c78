import assert from 'node:assert/strict';
import { BftError } from '../../src/core/errors.ts';
import { MakingBoard } from '../../src/roles/making-board.ts';
import { ManualClock } from '../manual-clock.ts';

const request = (name: string) => ({
  dcppath: `/dcp/${name}`,
  taskfile: `/tmp/cfec-001-${name}.task.json`,
  basesubdir: 'cfec-001',
  btobscdn: '1:1:1',
  policy: 'fulltime',
  deloldtorrent: false,
});
const failure = new BftError('SOURCE_CHANGED', 'it changed');

describe('roles: what is being made', () => {
  it('has a rate and the seconds that are left, once something moves', () => {
    const clock = new ManualClock();
    const board = new MakingBoard(clock);
    board.begin(request('film'), 1000);
    assert.deepEqual(board.progressOf('/dcp/film'), { bytes: 0, total: 1000, rate: 0, left: undefined });
    for (let bytes = 50; bytes <= 200; bytes += 50) {
      clock.advance(1000);
      board.advance('/dcp/film', bytes, 1000);
    }
    const { bytes, total, rate, left } = board.progressOf('/dcp/film') ?? assert.fail('nothing is being made');
    assert.deepEqual([bytes, total], [200, 1000]);
    assert.ok(rate >= 50 && rate <= 67, `${rate} bytes per second`);
    assert.equal(left, Math.ceil(800 / rate));
    clock.advance(60_000);
    assert.deepEqual(board.progressOf('/dcp/film'), { bytes: 200, total: 1000, rate: 0, left: undefined });
  });

  it('begins to count again when a package that was fetched is read', () => {
    const board = new MakingBoard(new ManualClock());
    board.begin(request('film'), 0);
    board.advance('/dcp/film', 900, 900);
    board.advance('/dcp/film', 10, 900);
    assert.equal(board.progressOf('/dcp/film')?.bytes, 10);
  });

  it('tells of the last try that failed until the next one begins', () => {
    const board = new MakingBoard(new ManualClock());
    board.begin(request('film'), 1000);
    board.advance('/dcp/film', 300, 1000);
    board.fail(request('film'), failure);
    board.end('/dcp/film');
    assert.equal(board.progressOf('/dcp/film'), undefined);
    assert.equal(board.failureOf('/dcp/film'), failure);
    const [{ name, bytes, total, failure: why } = assert.fail()] = board.list();
    assert.deepEqual([name, bytes, total, why], ['cfec-001-film.task.json', 300, 1000, failure]);
    board.begin(request('film'), 1000);
    assert.equal(board.failureOf('/dcp/film'), undefined);
    assert.deepEqual(
      board.list().map(entry => entry.failure),
      [undefined],
    );
  });

  it('remembers the latest thousand failures only', () => {
    const board = new MakingBoard(new ManualClock());
    for (let n = 0; n <= 1000; n++) board.fail(request(String(n)), failure);
    assert.equal(board.list().length, 1000);
    assert.equal(board.failureOf('/dcp/0'), undefined);
    assert.equal(board.failureOf('/dcp/1000'), failure);
  });
});
