import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { METHODS } from '../../src/core/method.ts';
import { awaitedFiles, homeMethod, putBack, repeatedFiles, takeOut } from '../../src/task/avoid-repeat.ts';
import { checkTask } from '../../src/task/check.ts';
import { LIST_KEY, listSize, type TaskFile } from '../../src/task/task-file.ts';
import { realTask } from './examples.ts';

const PATH = '/data/receiver/tmp/cfec-001-adv.task.json';

describe('task: what is here already (BR-41, BR-42, C-37)', () => {
  let task: TaskFile;
  let files: string[];
  beforeEach(() => {
    task = realTask();
    files = task.filelist.map(({ file }) => file);
  });

  it('is taken out of the lists of the sender, which are not split anew', () => {
    const [video = ''] = task.btlist;
    const rest = takeOut(task, new Set([video, 'VOLINDEX']));
    assert.deepEqual(rest.localsamefiles?.toSorted(), [video, 'VOLINDEX'].toSorted());
    assert.deepEqual(rest.btlist, []);
    assert.deepEqual(
      rest.cdnlist,
      task.cdnlist.filter(file => file !== 'VOLINDEX'),
    );
    assert.deepEqual([rest.btlistsize, rest.btlistsize2], [task.btlistsize, 0]);
  });

  it('keeps both sums whatever is here (BT-11, BR-28), and changes nothing else (BT-14)', () => {
    fc.assert(
      fc.property(fc.subarray(files), here => {
        const rest = takeOut(task, new Set(here));
        checkTask(rest, PATH);
        const fetched = METHODS.reduce((sum, method) => sum + (rest[`${LIST_KEY[method]}size2`] ?? 0), 0);
        assert.equal(fetched + listSize(rest, 'localsamefiles'), task.size);
        const own = ['localsamefiles', 'btlist', 'obslist', 'cdnlist', 'btlistsize2', 'obslistsize2', 'cdnlistsize2'];
        for (const key of Object.keys(task).filter(key => !own.includes(key))) {
          assert.deepEqual(rest[key as keyof TaskFile], task[key as keyof TaskFile]);
        }
      }),
    );
  });

  it('goes back to a method that can bring it: bt what is in its torrent, cdn the rest', () => {
    const inTorrent = new Set(task.btlist);
    fc.assert(
      fc.property(fc.subarray(files), fc.subarray(files), (here, lost) => {
        const back = putBack(
          takeOut(task, new Set(here)),
          lost.filter(file => here.includes(file)),
          inTorrent,
        );
        checkTask(back, PATH);
        assert.deepEqual(back.localsamefiles?.toSorted(), here.filter(file => !lost.includes(file)).toSorted());
        for (const file of lost)
          if (here.includes(file)) assert.ok(back[LIST_KEY[homeMethod(task, file, inTorrent)]].includes(file));
      }),
    );
    assert.equal(homeMethod({ ...task, 'bt-obs-cdn': '1:1:0' }, 'VOLINDEX', inTorrent), 'obs');
  });

  it('tens of thousands of files go back, each once and in order', () => {
    const many = Array.from({ length: 40_000 }, (_, index) => `reel/${index}.mxf`);
    const all = { ...task, localsamefiles: many, cdnlist: [], obslist: [], btlist: [] };
    const back = putBack(all, many, new Set(many.slice(0, 10_000)));
    assert.deepEqual([back.localsamefiles, back.btlist, back.cdnlist], [[], many.slice(0, 10_000), many.slice(10_000)]);
  });

  it('BR-28: a reduced task whose sums do not fit is refused with the exact text', () => {
    const rest = takeOut(task, new Set(['VOLINDEX']));
    const message = `totalsize != all lists2 sum + localsamesize : ${PATH}`;
    assert.throws(() => checkTask({ ...rest, cdnlistsize2: 1 }, PATH), { code: 'SIZES_DIFFER', message });
    const twice = { ...rest, localsamefiles: ['VOLINDEX', 'VOLINDEX'] };
    assert.throws(() => checkTask(twice, PATH), { code: 'SIZES_DIFFER', message });
  });

  it('repeats inside a package: of each content one is fetched, and the others wait for it (BR-41)', () => {
    const kinds = fc.array(
      fc.record({ content: fc.integer({ min: 0, max: 4 }), size: fc.integer({ min: 0, max: 2 }) }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(kinds, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (listed, isHere) => {
        const filelist = listed.map(({ content, size }, at) => ({
          file: `f${at}`,
          hash: `${content}`.repeat(40),
          size,
        }));
        const contents = new Set(filelist.filter(({ size }) => size > 0).map(({ hash, size }) => hash + size));
        const repeated = new Set(repeatedFiles(filelist));
        const fetched = filelist.filter(({ file }) => !repeated.has(file));
        assert.equal(fetched.filter(({ size }) => size > 0).length, contents.size);
        assert.deepEqual(awaitedFiles({ ...task, filelist, localsamefiles: [...repeated] }), repeated);
        const coming = new Set(fetched.filter((_, at) => !isHere[at]).map(({ hash, size }) => hash + size));
        const localsamefiles = filelist
          .map(({ file }) => file)
          .filter(file => repeated.has(file) || isHere[fetched.findIndex(other => other.file === file)]);
        const awaited = awaitedFiles({ ...task, filelist, localsamefiles });
        for (const { file, hash, size } of filelist) {
          assert.equal(awaited.has(file), size > 0 && localsamefiles.includes(file) && coming.has(hash + size));
        }
      }),
    );
  });
});
