import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseJson } from '../../src/core/json.ts';
import { placeOfFault } from '../../src/core/json-place.ts';

function placeIn(text: string) {
  try {
    parseJson(text);
    return undefined;
  } catch {
    return placeOfFault(text);
  }
}

describe('core: where a text stops being JSON', () => {
  it('is line and column of what was not expected', () => {
    assert.deepEqual(placeIn('{\n  "a": 1,\n  "b": nope\n}'), { line: 3, column: 8 });
    assert.deepEqual(placeIn('[1,\n2,\n]'), { line: 3, column: 1 });
    assert.deepEqual(placeIn('{"a": "x\ty"}'), { line: 1, column: 9 });
    assert.deepEqual(placeIn('{"a":'), { line: 1, column: 6 });
    assert.deepEqual(placeIn('hello'), { line: 1, column: 1 });
  });

  it('is not said of what is well formed and refused, nor searched for in what is long', () => {
    assert.equal(placeIn('['.repeat(65) + ']'.repeat(65)), undefined);
    assert.equal(placeIn('{"__proto__":1}'), undefined);
    assert.equal(placeIn(`["${'x'.repeat(4 * 1024 * 1024)}", nope]`), undefined);
  });

  it('lies where a word was put into any JSON', () => {
    const values = fc.array(fc.oneof(fc.integer(), fc.string(), fc.boolean()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, values, (before, after) => {
        const begin = JSON.stringify(before, null, 1).slice(0, -1);
        const lines = begin.split('\n');
        const text = `${begin}, wrong, ${JSON.stringify(after).slice(1)}`;
        assert.deepEqual(placeIn(text), { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 3 });
      }),
    );
  });
});
