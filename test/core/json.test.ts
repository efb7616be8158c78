import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decodeUtf8, parseJson } from '../../src/core/json.ts';

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe('core: untrusted JSON (hostile input 9)', () => {
  it('reads what JSON.parse reads', () => {
    const values = fc.jsonValue({ maxDepth: 5 }).filter(value => !JSON.stringify(value).includes('"__proto__"'));
    fc.assert(
      fc.property(values, fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        assert.deepEqual(parseJson(text), JSON.parse(text));
      }),
    );
  });

  it('refuses what is nested deeper than 64, before it is parsed', () => {
    assert.doesNotThrow(() => parseJson(nested(64)));
    assert.throws(() => parseJson(nested(65)), /nested deeper than 64/);
    assert.throws(() => parseJson(nested(65, '{"a":', '}')), /nested deeper than 64/);
    // Ten million levels would block JSON.parse for seconds; this has to be told from the first 65.
    assert.throws(() => parseJson('['.repeat(10_000_000)), /nested deeper than 64/);
  });

  it('refuses more values than a task file may have, before they are parsed, and is quick with what it takes', function () {
    this.timeout(20_000);
    assert.throws(() => parseJson(`[${'0,'.repeat(30_000_000)}0]`), /more than 4000000 values/);
    assert.throws(() => parseJson(`[${'{},'.repeat(3_000_000)}0]`), /more than 4000000 values/);
    const begun = performance.now();
    assert.equal((parseJson(`["\\u0041",${'0,'.repeat(3_900_000)}0]`) as unknown[]).length, 3_900_002);
    // A reviver takes 12 s.
    assert.ok(performance.now() - begun < 4000);
  });

  it('does not count brackets inside strings, nor end a string at an escaped quote', () => {
    const text = JSON.stringify(['['.repeat(100), `"${'{'.repeat(100)}`, '\\', '['.repeat(100)]);
    assert.deepEqual(parseJson(text), JSON.parse(text));
  });

  it('refuses the key __proto__ at any depth, however it is spelled', () => {
    for (const text of ['{"__proto__":{"admin":true}}', '{"a":[{"__proto__":1}]}', '{"\\u005f_proto__":1}']) {
      assert.throws(() => parseJson(text), /__proto__ is refused/);
    }
    assert.equal(({} as { admin?: boolean }).admin, undefined);
    assert.deepEqual(parseJson('{"constructor":1,"a":"__proto__"}'), { constructor: 1, a: '__proto__' });
  });

  it('says why it refused a text without quoting from it: there may be a secret in it', () => {
    for (const text of [
      '{"obssk": VERYSECRET}',
      '{"obssk":"VERYSECRET",}',
      '{"obssk":"VERYSECRET" 1}',
      '{"obssk":"VERYSECRET',
    ]) {
      assert.throws(
        () => parseJson(text),
        (error: Error) => error.message.length > 0 && !/SECRET/.test(error.message) && error.cause === undefined,
      );
    }
  });

  it('decodes UTF-8 strictly', () => {
    assert.equal(decodeUtf8(Buffer.from('影片')), '影片');
    assert.throws(() => decodeUtf8(Buffer.from([0x22, 0xff, 0x22])), { code: 'BODY_NOT_JSON' });
    assert.throws(() => decodeUtf8(Buffer.from('影片').subarray(0, 4)), { code: 'BODY_NOT_JSON' });
  });
});
