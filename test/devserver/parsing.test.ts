import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseRange } from '../../src/devserver/byte-range.ts';
import { parseCommandLine } from '../../src/devserver/command-line.ts';
import { parseCompleteBody } from '../../src/devserver/complete-body.ts';
import { KeyedLock } from '../../src/core/keyed-lock.ts';
import { parseTarget } from '../../src/devserver/target.ts';
import { leaf, unescape } from '../../src/devserver/xml.ts';

describe('devserver: parsing', () => {
  it('reads back what it writes as XML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const element = leaf('K', text);
        assert.match(element, /^<K>[^<>"\p{Cc}]*<\/K>$/u);
        assert.equal(unescape(element.slice(3, -4)), text);
      }),
    );
  });

  it('leaves alone what is no reference', () => {
    for (const text of ['&', '&amp', '&unknown;', '&#x110000;', '&#;']) assert.equal(unescape(text), text);
    assert.equal(unescape('&#x41;&#66;&amp;lt;'), 'AB&lt;');
  });

  it('reads the parts of a completion in the order they are given', () => {
    const parts = fc.array(
      fc.record(
        { number: fc.integer({ min: 1, max: 10_000 }), etag: fc.stringMatching(/^[0-9a-f]{32}$/) },
        { noNullPrototype: true },
      ),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(parts, list => {
        const xml = list.map(
          ({ number, etag }) => `<Part>${leaf('PartNumber', number)}${leaf('ETag', `"${etag}"`)}</Part>`,
        );
        assert.deepEqual(parseCompleteBody(`<CompleteMultipartUpload>${xml.join('')}</CompleteMultipartUpload>`), list);
      }),
    );
  });

  it('refuses any other completion without an error of its own', () => {
    const pieces = [
      '<Part>',
      '</Part>',
      '<PartNumber>1</PartNumber>',
      '<ETag>',
      '</ETag>',
      'x',
      '&',
      '<!--',
      ']]>',
      ' ',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), list => {
        const text = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
        try {
          assert.ok(parseCompleteBody(text).length > 0);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MalformedXML');
        }
      }),
    );
  });

  it('gives a range that lies inside the object and has what the header asks for', () => {
    const offset = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(offset, offset, fc.integer({ min: 1, max: 150 }), (first, length, size) => {
        const last = first + length;
        if (first >= size) {
          assert.throws(() => parseRange(`bytes=${first}-${last}`, size), { code: 'InvalidRange' });
          return;
        }
        assert.deepEqual(parseRange(`bytes=${first}-${last}`, size), { start: first, end: Math.min(last + 1, size) });
        assert.deepEqual(parseRange(`bytes=${first}-`, size), { start: first, end: size });
      }),
    );
  });

  it('finds bucket and key in both styles, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), key => {
        const path = encodeURIComponent(key);
        const byPath = parseTarget(`/b/${path}?uploads`, 'localhost:80', 'obs.test');
        const byHost = parseTarget(`/${path}?uploads`, 'B.OBS.test:80', 'obs.test');
        for (const target of [byPath, byHost]) {
          assert.deepEqual([target.bucket, target.key, target.resource], ['b', key, `/b/${path}`]);
          assert.ok(target.query.has('uploads'));
        }
      }),
    );
  });
});

describe('devserver: command line', () => {
  const enough = ['--root', 'dir', '--key', 'ak:s:k'];

  it('reads all of it', () => {
    const more = ['--key', 'b:c', '--bucket', 'one', '--bucket', 'two', '--listen', '[::1]:80', '--domain', 'd.test'];
    assert.deepEqual(parseCommandLine([...enough, ...more]), {
      root: 'dir',
      host: '::1',
      port: 80,
      keys: { ak: 's:k', b: 'c' },
      buckets: ['one', 'two'],
      domain: 'd.test',
    });
    assert.equal(parseCommandLine(['--help']), 'help');
  });

  it('listens on a free port of this machine unless told otherwise', () => {
    const { host, port, domain } = parseCommandLine(enough) as { host: string; port: number; domain: string };
    assert.deepEqual([host, port, domain], ['127.0.0.1', 0, 'obs.localhost']);
  });

  it('refuses what it does not understand', () => {
    const wrong: readonly [args: string[], message: RegExp][] = [
      [[], /--root DIR is missing/],
      [['--root', 'dir'], /--key ACCESSKEY:SECRETKEY is missing/],
      [['--root', 'dir', '--key', 'secret'], /^--key: it must be ACCESSKEY:SECRETKEY/],
      [[...enough, '--listen', 'nowhere'], /HOST:PORT/],
      [[...enough, '--listen', '127.0.0.1:70000'], /HOST:PORT/],
      [[...enough, '--colour'], /colour/],
    ];
    for (const [args, message] of wrong) assert.throws(() => parseCommandLine(args), { code: 'USAGE', message });
  });
});

describe('devserver: keyed lock', () => {
  it('runs what shares a key in order, past failures, and other keys at once', async () => {
    const lock = new KeyedLock();
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.run('a', async () => {
      await gate.promise;
      events.push('first');
      throw new Error('first failed');
    });
    const second = lock.run('a', async () => events.push('second'));
    await lock.run('b', async () => events.push('other key'));
    gate.resolve();
    await assert.rejects(first, /first failed/);
    await second;
    assert.deepEqual(events, ['other key', 'first', 'second']);
  });
});
