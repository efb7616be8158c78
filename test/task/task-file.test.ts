import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseTaskFile, seedHours, serializeTaskFile, taskObsKeys, type TaskFile } from '../../src/task/task-file.ts';
import { REAL_EXAMPLE, realTask, TEMPLATE_EXAMPLE } from './examples.ts';

type Change = (task: Record<string, unknown>) => void;
/** The text of the real example with a change. */
const changed = (change: Change): string => {
  const task = JSON.parse(REAL_EXAMPLE) as Record<string, unknown>;
  change(task);
  return JSON.stringify(task);
};
const inner = (task: Record<string, unknown>, key: string) => task[key] as Record<string, unknown>;

describe('task: the task file', () => {
  it('BT-02, BT-13: reads the real file 4.1.2, which has neither tmpurl nor datasource', () => {
    const task = realTask();
    assert.equal(task.size, 942_225_235);
    assert.equal(
      task.filelist.reduce((sum, { size }) => sum + size, 0),
      task.size,
    );
    assert.deepEqual([task.bt.tmpurl, task.datasource, task.localsamefiles], [undefined, undefined, undefined]);
    assert.deepEqual([task.bt.seedtime, task.cdn.priortime], ['169', '06:00-24:00']);
  });

  it('BT-07, C-41: reads the template 4.1.1, where [""] means an empty list', () => {
    const task = parseTaskFile(TEMPLATE_EXAMPLE);
    assert.equal(
      task.filelist.reduce((sum, { size }) => sum + size, 0),
      668_521_472,
    );
    assert.deepEqual([task.btlist, task.obslist, task.cdnlist, task.localsamefiles], [[], [], [], []]);
    assert.equal(task.obs.priortime, '08:00-24:00');
    assert.equal(task.requesters?.length, 2);
  });

  it('tells one problem of what is large: there may be millions, and each would be held in memory', () => {
    const wrong = (entries: number) => changed(task => void (task.filelist = Array.from({ length: entries }, () => 0)));
    assert.throws(() => parseTaskFile(wrong(3)), /"filelist.0" must be object; "filelist.1" must be object/);
    assert.throws(() => parseTaskFile(wrong(150_000)), {
      code: 'TASK_FILE_INVALID',
      message: '"filelist.0" must be object',
    });
    assert.throws(() => parseTaskFile(wrong(300_000)), /^BftError: "filelist" must NOT have more than 200000 items$/);
  });

  it('C-41: does not take a list with a real name for an empty one', () => {
    assert.deepEqual(parseTaskFile(changed(task => void (task.obslist = ['', 'a']))).obslist, ['', 'a']);
  });

  it('C-11: reads the seed time as a string or a number, and takes the default for anything unreadable', () => {
    assert.equal(seedHours(realTask(), '72'), 169);
    assert.equal(seedHours(parseTaskFile(TEMPLATE_EXAMPLE), '1'), 72);
    const hours = (seedtime: unknown) =>
      seedHours(parseTaskFile(changed(task => void (inner(task, 'bt').seedtime = seedtime))), '72');
    assert.deepEqual(
      [hours(undefined), hours('soon'), hours('-1'), hours(-1), hours(''), hours(' ')],
      [72, 72, 72, 72, 72, 72],
    );
    assert.deepEqual([hours('0'), hours(0), hours('1.5')], [0, 0, 1.5]);
  });

  it('BT-04, C-09: finds the access keys in either spelling, or not at all', () => {
    const keys = { accessKey: 'EXAMPLEACCESSKEY', secretKey: 'EXAMPLESECRETKEY' };
    assert.deepEqual(taskObsKeys(realTask()), { ...keys, endpoint: 'obs.example.invalid' });
    assert.deepEqual(taskObsKeys(parseTaskFile(TEMPLATE_EXAMPLE)), {
      ...keys,
      endpoint: 'https://obs.example.invalid',
    });
    assert.equal(taskObsKeys(parseTaskFile(changed(task => void (inner(task, 'obs').obssk = '')))), undefined);
    assert.equal(taskObsKeys(parseTaskFile(changed(task => void (task.obs = {})))), undefined);
  });

  it('BT-14: gives back what it got, keys it does not know included', () => {
    const text = changed(task => {
      task.later = { version: 3, list: [null, true] };
      inner(task, 'bt').hours = ['22:00-06:00'];
      (task.filelist as Record<string, unknown>[])[0]!.mtime = 'yesterday';
    });
    assert.deepEqual(JSON.parse(serializeTaskFile(parseTaskFile(text))), JSON.parse(text));
    assert.ok(serializeTaskFile(realTask()).endsWith('}\n'));
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), fc.string({ minLength: 1 }), (requesters, size, name) => {
        const task: TaskFile = { ...realTask(), requesters, size, name };
        assert.deepEqual(parseTaskFile(serializeTaskFile(task)), task);
      }),
    );
  });
});

describe('task: hostile task files', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => parseTaskFile(text), { code: 'TASK_FILE_INVALID', message }, text.slice(0, 200));

  it('refuses what is not JSON, and what is no object', () => {
    refused('', /^not JSON: /);
    refused('{"name": "x",', /^not JSON: /);
    refused(`${REAL_EXAMPLE}x`, /^not JSON: /);
    for (const text of ['null', '[]', '7', '"task"', 'true']) refused(text, /must be object/);
  });

  it('refuses deep nesting and __proto__ (hostile input 9)', () => {
    refused('['.repeat(100_000), /nested deeper/);
    refused(
      changed(task => void (task.requesters = JSON.parse('['.repeat(70) + ']'.repeat(70)) as unknown)),
      /nested deeper/,
    );
    refused(REAL_EXAMPLE.replace('"requesters"', '"__proto__"'), /__proto__ is refused/);
    refused(
      REAL_EXAMPLE.replace('"seedtime": "169"', '"__proto__": {"url": "http://127.0.0.1/"}'),
      /__proto__ is refused/,
    );
  });

  it('never quotes the access keys of the file in its reason', () => {
    const text = REAL_EXAMPLE.replace('"EXAMPLESECRETKEY"', 'EXAMPLESECRETKEY');
    assert.throws(
      () => parseTaskFile(text),
      (error: Error) => !/EXAMPLE/.test(error.message),
    );
  });

  const WRONG: Record<string, [Change, RegExp]> = {
    'no name': [task => delete task.name, /'name'/],
    'an empty name': [task => void (task.name = ''), /"name"/],
    'no basesubdir': [task => delete task.basesubdir, /'basesubdir'/],
    'no ratio': [task => delete task['bt-obs-cdn'], /'bt-obs-cdn'/],
    'no bt': [task => delete task.bt, /'bt'/],
    'no list': [task => delete task.cdnlist, /'cdnlist'/],
    'a list that is none': [task => void (task.btlist = 'zds-viedo.mxf'), /"btlist" must be array/],
    'a list of numbers': [task => void (task.btlist = [1]), /"btlist\.0" must be string/],
    'a size as a string': [task => void (task.size = '942225235'), /"size" must be integer/],
    'a negative size': [task => void (task.size = -1), /"size" must be >= 0/],
    'a fraction of a byte': [task => void (task.btlistsize = 0.5), /"btlistsize" must be integer/],
    'a size that is not exact any more': [task => void (task.size = 2 ** 53), /"size" must be <= 9007199254740991/],
    'an unknown type': [task => void (task.type = 'disk'), /"type" must be one of dir, file/],
    'an object as the seed time': [task => void (inner(task, 'bt').seedtime = {}), /"bt\.seedtime"/],
    'an infohash that is none': [task => void (inner(task, 'bt').infohash = 'x'.repeat(40)), /"bt\.infohash"/],
    'a file without a size': [task => void (task.filelist = [{ file: 'a', hash: '0'.repeat(40) }]), /'size'/],
    'a hash in capitals': [task => void (task.filelist = [{ file: 'a', hash: 'A'.repeat(40), size: 1 }]), /hash/],
    'a hash that is too short': [task => void (task.filelist = [{ file: 'a', hash: 'a'.repeat(39), size: 1 }]), /hash/],
    'a file list of strings': [task => void (task.filelist = ['a']), /"filelist\.0" must be object/],
  };
  for (const [what, [change, message]] of Object.entries(WRONG)) {
    it(`refuses ${what}`, () => refused(changed(change), message));
  }

  it('throws nothing but a BftError, whatever value stands anywhere in it', () => {
    const paths = [
      'name',
      'size',
      'bt',
      'obs',
      'cdn',
      'filelist',
      'btlist',
      'bt-obs-cdn',
      'requesters',
      'localsamefiles',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (key, value) => {
        try {
          parseTaskFile(changed(task => void (task[key] = value)));
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, 'TASK_FILE_INVALID');
        }
      }),
      { numRuns: 500 },
    );
  });
});
