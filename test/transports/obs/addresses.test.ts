import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BftError } from '../../../src/core/errors.ts';
import { parseObsUrl } from '../../../src/task/obs-url.ts';
import { endpointUrl } from '../../../src/transports/obs/address.ts';
import { parseSignedList, serializeSignedList } from '../../../src/transports/obs/signed-list.ts';

describe('transports/obs: addresses', () => {
  it('BO-02, C-33 reads bucket and prefix', () => {
    assert.deepEqual(parseObsUrl('obs://cfec-001/dcps/xiaofang'), { bucket: 'cfec-001', prefix: 'dcps/xiaofang' });
    assert.deepEqual(parseObsUrl('obs://a.b-c/影片 1'), { bucket: 'a.b-c', prefix: '影片 1' });
  });

  for (const text of [
    '',
    'obs://',
    'obs://bucket',
    'obs://bucket/',
    'OBS://bucket/x',
    'http://bucket/x',
    'obs://UPPER/x',
    'obs://-a/x',
    'obs://a/x',
    'obs:///x',
    'obs://bucket/x/',
    'obs://a b/x',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseObsUrl(text), { code: 'TASK_FILE_INVALID', permanent: true });
    });
  }

  it('BO-01 an endpoint without scheme is https', () => {
    assert.equal(endpointUrl('obs.example.com'), 'https://obs.example.com');
    assert.equal(endpointUrl('http://127.0.0.1:1'), 'http://127.0.0.1:1');
    assert.equal(endpointUrl('https://obs.example.com'), 'https://obs.example.com');
  });
});

describe('transports/obs: signed lists', () => {
  it('what is written can be read, whatever the files are called', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter(text => text !== '__proto__' && text.isWellFormed());
    const urls = fc.dictionary(name, fc.webUrl({ withQueryParameters: true }), { noNullPrototype: true });
    fc.assert(
      fc.property(urls, files => {
        const map = new Map(Object.entries(files));
        const text = serializeSignedList(map, new Date(0));
        assert.deepEqual(parseSignedList(Buffer.from(text), [...map.keys()], 'x'), map);
      }),
    );
  });

  it('says which file of which list has no address', () => {
    const list = Buffer.from(serializeSignedList(new Map([['a', 'http://127.0.0.1/a']]), new Date(0)));
    assert.throws(() => parseSignedList(list, ['a', 'b.mxf'], 'http://127.0.0.1/film.signed.json'), {
      code: 'OBS_SIGNED_LIST',
      message: /http:\/\/127.0.0.1\/film.signed.json cannot be used: it has no address for b.mxf$/,
    });
  });

  it('anything else is OBS_SIGNED_LIST, never another error', () => {
    const valid = serializeSignedList(new Map([['a', 'http://127.0.0.1/a']]), new Date(0));
    const damaged = fc
      .tuple(fc.nat(valid.length - 1), fc.nat(255))
      .map(([at, byte]) => Buffer.from(valid).with(at, byte));
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map(text => Buffer.from(text)),
      damaged,
    );
    fc.assert(
      fc.property(bytes, list => {
        try {
          assert.ok(URL.canParse(parseSignedList(list, ['a'], 'x').get('a') ?? ''));
        } catch (error) {
          assert.ok(error instanceof BftError, String(error));
          assert.deepEqual([error.code, error.permanent], ['OBS_SIGNED_LIST', false]);
        }
      }),
    );
  });
});
