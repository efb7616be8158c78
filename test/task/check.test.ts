import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { METHODS } from '../../src/core/method.ts';
import { checkTask } from '../../src/task/check.ts';
import { splitFiles } from '../../src/task/split.ts';
import { LIST_KEY, type TaskFile } from '../../src/task/task-file.ts';
import { realTask } from './examples.ts';

const PATH = '/data/receiver/tmp/cfec-001-adv.task.json';
const BR_29 = `totalsize != all lists sum : ${PATH}`;
const hash = '0'.repeat(40);

describe('task: check of a received task', () => {
  let task: TaskFile;
  beforeEach(() => {
    task = realTask();
  });
  const refusedAs = (code: string, message: string | RegExp) =>
    assert.throws(() => checkTask(task, PATH), { code, message });

  it('BT-11: accepts the real file 4.1.2', () => {
    checkTask(task, PATH);
  });

  it('accepts a deadline, also one that has passed, and refuses what is no time', () => {
    for (const deadline of ['', '2031-05-28 18:00:00', '2011-05-28 18:00']) checkTask({ ...task, deadline }, PATH);
    task.deadline = '2031-02-31 18:00';
    refusedAs('TASK_FILE_INVALID', `"deadline" is "2031-02-31 18:00": 2031-02 has no day 31 : ${PATH}`);
  });

  it('accepts whatever the split makes', () => {
    const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }).filter(all => all.some(size => size > 0));
    const shares = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).filter(all => all.some(share => share > 0));
    fc.assert(
      fc.property(sizes, shares, (sizes, [bt, obs, cdn]) => {
        const filelist = sizes.map((size, index) => ({ file: `dir${index % 3}/${index}`, hash, size }));
        const split = splitFiles(filelist, { bt, obs, cdn }, 'size');
        const made = { ...task, filelist, 'bt-obs-cdn': `${bt}:${obs}:${cdn}`, size: sizes.reduce((a, b) => a + b) };
        for (const method of METHODS) {
          const list = split[method];
          made[LIST_KEY[method]] = list;
          made[`${LIST_KEY[method]}size`] = filelist
            .filter(({ file }) => list.includes(file))
            .reduce((sum, { size }) => sum + size, 0);
        }
        checkTask(made, PATH);
      }),
    );
  });

  const asFile = (name: string, files: readonly string[]) => {
    const filelist = files.map(file => ({ file, hash, size: 1 }));
    const lists = { obslist: [], cdnlist: [], btlist: [...files], obslistsize: 0, cdnlistsize: 0 };
    task = { ...task, ...lists, type: 'file', name, filelist, size: files.length, btlistsize: files.length };
  };

  it('BT-02: a task of type file lists one file, under its own name', () => {
    asFile('trailer.mxf', ['trailer.mxf']);
    checkTask(task, PATH);
    for (const files of [['other.mxf'], ['sub/trailer.mxf'], ['trailer.mxf', 'other.mxf']]) {
      asFile('trailer.mxf', files);
      refusedAs('TASK_FILE_INVALID', /a task of type file lists one file, named trailer.mxf/);
    }
  });

  it('BR-23: refuses a task of no bytes, with the exact text', () => {
    task.size = 0;
    refusedAs('SIZES_DIFFER', `total files size equal 0 :${PATH}`);
  });

  const CONTRADICTIONS: Record<string, (task: TaskFile) => void> = {
    'a total that is not the sum': task => void (task.size += 1),
    'a sum of bt that is too large': task => void (task.btlistsize += 1),
    'a sum of obs without files': task => void (task.obslistsize = 5),
    'a sum of cdn that is too small': task => void (task.cdnlistsize -= 1),
    'sums that are wrong but add up': task => {
      task.btlistsize += 155;
      task.cdnlistsize -= 155;
    },
    'a file that nobody carries': task => {
      task.cdnlist = task.cdnlist.filter(file => file !== 'VOLINDEX');
      task.cdnlistsize -= 155;
    },
    'an empty file that nobody carries': task => void task.filelist.push({ file: 'empty', hash, size: 0 }),
    'a file in two lists': task => {
      task.obslist = ['VOLINDEX'];
      task.obslistsize = 155;
    },
    'an empty file in two lists': task => {
      task.filelist.push({ file: 'empty', hash, size: 0 });
      task.btlist.push('empty');
      task.cdnlist.push('empty');
    },
    'a file twice in a list': task => void task.cdnlist.push('VOLINDEX'),
    'a listed file that does not exist': task => void task.obslist.push('ghost'),
    'a listed file spelled in other case': task => void (task.btlist = ['ZDS-viedo.mxf']),
    'empty lists, as in the template': task => {
      Object.assign(task, { btlist: [], obslist: [], cdnlist: [], btlistsize: 0, obslistsize: 0, cdnlistsize: 0 });
    },
    'another size in the file list': task => void (task.filelist[0]!.size += 1),
    'sizes whose sum is not exact any more': task => {
      for (const file of task.filelist) file.size = Number.MAX_SAFE_INTEGER;
      task.size = Number.MAX_SAFE_INTEGER;
    },
  };
  for (const [what, contradict] of Object.entries(CONTRADICTIONS)) {
    it(`BR-29: refuses ${what}, with the exact text`, () => {
      contradict(task);
      refusedAs('SIZES_DIFFER', BR_29);
    });
  }

  it('refuses unsafe names before it looks at any sum', () => {
    task.size = 0;
    for (const name of ['..', 'a/b', '.hidden', 'a\\b', 'a\u0000', '']) {
      refused({ name });
      if (name !== '.hidden') refused({ basesubdir: name });
    }
    for (const file of ['../../x', '/etc/passwd', 'a//b', 'volindex', 'VOLINDEX/x', 'a\nb']) {
      refused({ filelist: [...task.filelist, { file, hash, size: 0 }] });
    }

    function refused(change: Partial<TaskFile>): void {
      const hostile = { ...task, ...change };
      assert.throws(() => checkTask(hostile, PATH), { code: 'NAME_UNSAFE' }, JSON.stringify(change).slice(0, 80));
    }
  });

  it('P-010: refuses a ratio that is none', () => {
    for (const ratio of ['0:0:0', '1:1', 'all']) {
      task['bt-obs-cdn'] = ratio;
      refusedAs('RATIO_INVALID', /ratio/);
    }
  });
});
