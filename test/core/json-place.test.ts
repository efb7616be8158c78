import assert from 'node:assert/strict';
import { placeOfFault, placeOfKey } from '../../src/core/json-place.ts';
import { parseTaskFile } from '../../src/task/task-file.ts';
import { realTask } from '../task/examples.ts';

describe('core: where a JSON text is wrong', () => {
  it('says line and column of whatever is no JSON, from 1 on', () => {
    const faults: [text: string, line: number, column: number][] = [
      ['', 1, 1],
      ['\ufeff{}', 1, 1],
      ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
      ['{\r\n  "a": SECRET\r\n}', 2, 8],
      ['{"a": 1,}', 1, 9],
      ['{"a": 1} x', 1, 10],
      ['{"a": 1 // why\n}', 1, 9],
      ["{'a': 1}", 1, 2],
      ['[1, 2', 1, 6],
    ];
    for (const [text, line, column] of faults) {
      assert.throws(() => JSON.parse(text) as unknown);
      assert.deepEqual(placeOfFault(text), { line, column }, text);
    }
  });

  it('finds nothing in JSON, nor in what would take too long: what is deep or vast', () => {
    for (const text of ['{"a":[1,{"b":"\\u00e9"}]}', '['.repeat(1_000_000), ' '.repeat(5_000_000)])
      assert.equal(placeOfFault(text), undefined);
  });

  it('says where a key stands, of a missing one what would hold it', () => {
    const text = '{\n "a": {"b": 0},\n "list": [\n  {"b": 1},\n  {"b": 2}\n ]\n}';
    assert.deepEqual(placeOfKey(text, ['list', '1', 'b']), { field: 'list.1.b', line: 5, column: 4 });
    assert.deepEqual(placeOfKey(text, ['a', 'c']), { field: 'a.c', line: 2, column: 2 });
    assert.deepEqual(placeOfKey(text, ['c']), { field: 'c' });
    assert.equal(placeOfKey(text, []), undefined);
  });

  it('so a task file that is refused is refused with its place', () => {
    const text = JSON.stringify({ ...realTask(), btlistsize: '5' }, null, 2);
    const line = text.split('\n').findIndex(row => row.includes('"btlistsize"')) + 1;
    const code = 'TASK_FILE_INVALID';
    assert.throws(() => parseTaskFile(text), { code, place: { field: 'btlistsize', line, column: 3 } });
    assert.throws(() => parseTaskFile(text.replace('"size":', 'size:')), { code, message: /^not JSON/ });
    const { name: _, ...nameless } = realTask();
    assert.throws(() => parseTaskFile(JSON.stringify(nameless)), { code, place: { field: 'name' } });
  });
});
