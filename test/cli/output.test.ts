import assert from 'node:assert/strict';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { nextOf } from '../../src/cli/failure.ts';
import { similarTo } from '../../src/cli/node/similar.ts';
import { pick } from '../../src/cli/node/tasks.ts';
import { durationOf, percentOf } from '../../src/cli/output/figures.ts';
import { fitting, linesOn } from '../../src/cli/output/progress.ts';
import { jsonText, shown, shownInLine } from '../../src/cli/output/shown.ts';
import { taskBars, taskTable } from '../../src/cli/output/task-lines.ts';
import { asBftError, BftError, ERRORS } from '../../src/core/errors.ts';
import { taskRow } from './task-row.ts';

describe('bft: what it prints', () => {
  it('has names last, so that wide characters break no column, and says below a task why it does not move', () => {
    const wide = taskRow({ package: '影片', name: 'cfec-001-影片.task.json' });
    const stuck = taskRow({
      status: 'nosource',
      rate: 0,
      cause: { code: 'BT_NO_SOURCE', desc: '0/3 cachers reachable', next: 'Check the tracker.' },
      until: '2026-11-21T22:00:00+08:00',
    });
    assert.deepEqual(taskTable([wide, stuck]).split('\n'), [
      'STATUS          DONE      LEFT        RATE  RATIO  WAY  TASK',
      'transferring  25.0 %  7.50 KiB  1.00 KiB/s  1:1:1  in   cfec-001-影片.task.json',
      'no source     25.0 %  7.50 KiB           -  1:1:1  in   cfec-001-film.task.json',
      '  0/3 cachers reachable (until 2026-11-21T22:00:00+08:00). Check the tracker.',
    ]);
  });

  it('has no control characters and no turned lines, in JSON neither', () => {
    const name = 'a\u001b[2J\u009b31m\u202eb\nc';
    assert.equal(shown(name), 'a�[2J�31m�b\nc');
    assert.equal(shownInLine(` ${name}\n`), 'a�[2J�31m�b c');
    const text = jsonText({ name });
    assert.equal(text, String.raw`{"name":"a\u001b[2J\u009b31m\u202eb\nc"}`);
    assert.deepEqual(JSON.parse(text), { name });
  });

  it('draws a bar for the whole and for each method with a share', () => {
    const lines = taskBars(taskRow());
    assert.equal(lines[0], 'transferring, 7.50 KiB left (8 s)  cfec-001-film.task.json');
    assert.equal(lines[1], '  all ██████░░░░░░░░░░░░░░░░░░  25.0 % of 10.0 KiB  1.00 KiB/s');
    assert.deepEqual(
      lines.slice(2).map(line => line.slice(2, 5)),
      ['bt ', 'obs'],
    );
  });

  it('leaves out at the end what has no room on the terminal', () => {
    assert.deepEqual(fitting(['head', 'a'.repeat(20), 'last'], 3, 20), ['head', 'a'.repeat(20), 'last']);
    assert.deepEqual(fitting(['head', 'a'.repeat(21), 'last'], 3, 20), ['head', 'a'.repeat(21)]);
    assert.deepEqual(fitting(['head', '影'.repeat(11), 'last'], 3, 20), ['head', '影'.repeat(11)]);
  });

  it('writes a line every 30 seconds where nothing can be redrawn, without control characters', () => {
    let [now, out] = [0, ''];
    const stream = { write: (text: string) => (out += text) } as unknown as NodeJS.WritableStream;
    const progress = linesOn(stream, () => now);
    for (; now <= 60_000; now += 1000) progress.show(['a bar'], `at ${now}\u001b[2J`);
    assert.equal(out, 'at 0�[2J\nat 30000�[2J\nat 60000�[2J\n');
    progress.close();
    progress.show([], 'soon after');
    progress.show([], 'at the end');
    progress.close();
    assert.match(out, /at 60000�\[2J\nat the end\n$/);
    assert.equal(shown('a\tb\u009bc\nd'), 'a�b�c\nd');
  });

  it('never rounds up to all, and says durations as people do', () => {
    assert.deepEqual([percentOf(9999, 10_000), percentOf(0, 0), percentOf(1, 1)], ['99.9 %', '100.0 %', '100.0 %']);
    assert.deepEqual([59.2, 61, 7500].map(durationOf), ['60 s', '2 min', '2 h 05 min']);
  });
});

describe('bft: how it ends', () => {
  it('says who may what this user may not', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    assert.match(nextOf(asBftError(denied, 'CONFIG_INVALID', 'config.json')), /run it as root/);
    assert.match(nextOf(new BftError('CONFIG_INVALID', 'a key')), /^Correct the named key/);
  });

  it('has an exit code for every error', () => {
    const codes = new Set(Object.values(EXIT) as number[]);
    for (const code of Object.keys(ERRORS)) assert.ok(codes.has(exitCodeOf(code)), code);
    const told = ['INTERNAL', 'USAGE', 'TASK_UNKNOWN', 'NODE_UNREACHABLE', 'SOURCE_UNREACHABLE', 'TASK_EXISTS'];
    assert.deepEqual(
      [...told, 'VERIFY_FAILED', 'DISK_FULL'].map(code => exitCodeOf(code)),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  it('goes by the status of the answer when a newer node says a code that is not known here', () => {
    assert.deepEqual(
      [404, 409, 503, 500].map(status => exitCodeOf('OF_TOMORROW', status)),
      [3, 6, 5, 1],
    );
  });
});

describe('bft: how a task is named', () => {
  const tasks = [
    taskRow(),
    taskRow({ name: 'cfec-001-other.task.json', package: 'other' }),
    taskRow({ name: 'cfec-002-other.task.json', package: 'other' }),
  ];

  it('by its file without the ending, or by its package if only one task has it', () => {
    assert.equal(pick(tasks, 'cfec-002-other'), 'cfec-002-other.task.json');
    assert.equal(pick(tasks, 'film'), 'cfec-001-film.task.json');
    assert.throws(() => pick(tasks, 'other'), /several tasks.*cfec-001-other.*cfec-002-other/);
    assert.equal(pick(tasks, 'none'), undefined);
  });

  it('suggests what is similar, and nothing that is not', () => {
    const names = ['cfec-001-film', 'film', 'other'];
    assert.deepEqual(similarTo('flim', names), []);
    assert.deepEqual(similarTo('fillm', names), ['film']);
    assert.deepEqual(similarTo('001', names), ['cfec-001-film']);
    assert.deepEqual(similarTo('', names), []);
  });
});
