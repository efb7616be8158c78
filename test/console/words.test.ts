import assert from 'node:assert/strict';
import { CAUSES } from '../../src/console/browser/text/causes.ts';
import { en } from '../../src/console/browser/text/en.ts';
import { zh } from '../../src/console/browser/text/zh.ts';
import { ERRORS } from '../../src/core/errors.ts';

/** Every text of a language by its place; those that are filled in are given the same words in both. */
function texts(words: object, place = ''): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([key, value]): [string, string][] => {
      const at = `${place}/${key}`;
      if (typeof value === 'function') return [[at, (value as (...words: string[]) => string)('A', 'B', 'C')]];
      return typeof value === 'string' ? [[at, value]] : [...texts(value as object, at)];
    }),
  );
}

/** Proper names, and what people type. */
const SAME = [
  '/tracker',
  '/infohash',
  '/keys/0/0',
  '/keys/1/0',
  '/keys/2/0',
  '/keys/3/0',
  '/limitIs',
  '/ofSize',
  '/openTo',
  '/became',
];

describe('console: languages', () => {
  const english = texts(en);
  const chinese = texts(zh);

  it('has every text in both, and none untranslated', () => {
    assert.deepEqual([...chinese.keys()].toSorted(), [...english.keys()].toSorted());
    for (const [place, text] of chinese) {
      assert.notEqual(text.trim(), '', place);
      if (place !== '/locale' && !SAME.includes(place)) assert.match(text, /\p{Script=Han}/u, place);
    }
    for (const [place, text] of english) assert.doesNotMatch(text, /\p{Script=Han}/u, place);
  });

  it('leaves out nothing that is filled in', () => {
    for (const [place, text] of english)
      for (const word of ['A', 'B'].filter(word => new RegExp(`\\b${word}\\b`).test(text)))
        assert.ok(chinese.get(place)?.includes(word), `${place} lacks ${word}`);
  });

  it('translates codes that exist only, each with what to do', () => {
    for (const [code, { what, next }] of Object.entries(CAUSES)) {
      assert.ok(code in ERRORS, code);
      assert.match(what, /\p{Script=Han}/u);
      assert.match(next, /。$/, code);
    }
  });
});
