import assert from 'node:assert/strict';
import { checkTask } from '../../src/task/check.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { hasReadableHours, isPriortime, timetableOf } from '../../src/task/task-timetable.ts';
import { realTask } from './examples.ts';

const PATH = '/tmp/x.task.json';

describe('task: the timetable that counts', () => {
  const task = (obs: TaskFile['obs'], policy = 'priortime'): TaskFile => ({
    ...realTask(),
    policy,
    obs,
    obslist: ['VOLINDEX'],
    cdnlist: realTask().cdnlist.filter(file => file !== 'VOLINDEX'),
    obslistsize: 155,
    cdnlistsize: 8627411,
  });

  it("is the node's own, else the task's windows, else its priortime, else always (BW-04)", () => {
    const both = { priortime: '01:00-02:00', windows: 'Sat 03:00-04:00 1M' };
    const texts = [
      timetableOf(task(both), 'obs', '05:00-06:00').text,
      timetableOf(task(both), 'obs', '').text,
      timetableOf(task({ priortime: '06:00-24:00', windows: '' }), 'obs', '').text,
      timetableOf(task({ priortime: '' }), 'obs', '').text,
      timetableOf(task({}), 'obs', '').text,
    ];
    assert.deepEqual(texts, ['05:00-06:00', 'Sat 03:00-04:00 1M', '06:00-00:00', '00:00-23:59', '00:00-23:59']);
  });

  it('is always, for any policy but priortime (BW-03)', () => {
    const { policy: _, ...none } = realTask();
    const policies = ['priortime', 'fulltime', '', undefined];
    assert.deepEqual(
      policies.map(policy => isPriortime(policy === undefined ? none : { ...none, policy })),
      [true, false, false, false],
    );
    assert.equal(timetableOf(task({ priortime: '01:00-02:00' }, 'fulltime'), 'obs', '05:00-06:00').isAlways, true);
  });

  it('that cannot be read makes the task invalid, with key, text and position; 24:00 can (BW-01, BW-05)', () => {
    const problems = [
      [{ priortime: 'at night' }, `${PATH}: obs.priortime "at night": character 1: "at" is no day (Mon … Sun)`],
      [
        { priortime: '01:00-02:00', windows: 'Sat 03:00-25:00' },
        `${PATH}: obs.windows "Sat 03:00-25:00": character 11: "25:00" is no time of day (00:00 … 23:59)`,
      ],
    ] as const;
    for (const [obs, message] of problems) {
      assert.throws(() => checkTask(task(obs), PATH), { code: 'TASK_FILE_INVALID', message });
      checkTask(task(obs, 'fulltime'), PATH);
    }
    checkTask(task({ priortime: '08:00-24:00', windows: 'Sat 24:00-08:00' }), PATH);
  });

  it('that is never followed need not be readable: priortime beside windows, and what belongs to no share (BW-01)', () => {
    checkTask(task({ priortime: 'at night', windows: 'Sat 03:00-04:00' }), PATH);
    checkTask({ ...realTask(), policy: 'priortime', obs: { priortime: 'at night', windows: 'Sat' } }, PATH);
  });

  it('that cannot be read is known for every method, and matters to policy priortime only', () => {
    const found = ['priortime', 'fulltime'].map(policy =>
      hasReadableHours(task({ priortime: 'at night' }, policy), 'obs'),
    );
    assert.deepEqual(found, [false, true]);
    assert.equal(hasReadableHours(task({ priortime: 'at night', windows: 'Sat 03:00-04:00' }), 'obs'), true);
  });

  it('is parsed once as long as somebody asks for it, however many others come', () => {
    const asked = task({ priortime: '01:00-02:00' });
    const first = timetableOf(asked, 'obs', '');
    for (let minute = 0; minute < 1000; minute++) {
      timetableOf(task({ priortime: `03:00-04:00 ${minute + 1}` }), 'obs', '');
      assert.equal(timetableOf(asked, 'obs', ''), first);
    }
    assert.notEqual(timetableOf(task({ priortime: '03:00-04:00 1' }), 'obs', ''), first);
  });
});
