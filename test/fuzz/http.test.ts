import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { isInside } from '../../src/disk/inside.ts';
import { type Answer, answerTo } from '../../src/origin/answer.ts';
import { segmentsOf } from '../../src/origin/published-file.ts';
import { fuzz } from './fuzz.ts';
import { mutatedBytes } from './mutated.ts';

const ETAG = '"a-b-c"';
const MODIFIED = 'Sun, 06 Nov 2022 08:49:37 GMT';

/** Header values as Node gives them: a byte is a character. */
const texts = (samples: string[], words: string[] = []) =>
  mutatedBytes(samples, words).map(bytes => bytes.toString('latin1').slice(0, 16_384));

const damagedRanges = texts(
  [
    'bytes=0-10',
    'bytes=-500',
    'bytes=500-',
    'bytes=0-1,5-6',
    'bytes=0-1, 5-6,-7',
    'bytes=0-9,5-14',
    'lines=1-2',
    `bytes=0-${'9'.repeat(30)}`,
  ],
  ['bytes=', 'bytes', '=', '0-', '-1', '0-0', ',0-1', '999-', '1000-'],
);
const position = fc.oneof(fc.nat(20), fc.nat(1200), fc.maxSafeNat());
const spec = fc.oneof(
  fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  position.map(first => `${first}-`),
  position.map(suffix => `-${suffix}`),
);
const ranges = fc.oneof(
  damagedRanges,
  fc.array(spec, { maxLength: 20 }).map(specs => `bytes=${specs.join()}`),
);
const tags = texts([ETAG, `W/${ETAG}`, `"x", ${ETAG}`, '*'], [ETAG, 'W/', ',', '*']);
const dates = texts([MODIFIED, 'Sunday, 06-Nov-22 08:49:37 GMT', 'Sun Nov  6 08:49:37 2022'], ['2022', 'GMT', '-']);
const headers = fc.record(
  {
    range: ranges,
    'if-range': fc.oneof(tags, dates),
    'if-match': tags,
    'if-none-match': tags,
    'if-modified-since': dates,
    'if-unmodified-since': dates,
  },
  { requiredKeys: ['range'] },
);

/** The answer is one that can be sent: nothing beyond the file, lengths that fit, no more than twice the file. */
function checkAnswer({ status, headers: sent, body }: Answer, method: string, length: number): void {
  assert.ok([200, 206, 304, 400, 412, 416].includes(status), String(status));
  const parts = body.filter(section => 'start' in section);
  for (const { start, end } of parts) {
    assert.ok(Number.isSafeInteger(start) && start >= 0 && end <= length && (start < end || length === 0));
  }
  const bytes = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  const heads = body.reduce((sum, section) => sum + ('start' in section ? 0 : section.length), 0);
  assert.ok(parts.length <= 16 && bytes <= 2 * length);
  const overlapping = parts.filter(a => parts.some(b => a !== b && a.start < b.end && b.start < a.end));
  assert.ok(overlapping.length <= 2);
  if (status === 304) return assert.equal(sent['content-length'], undefined);
  if (method === 'HEAD' && status === 200) return assert.deepEqual([sent['content-length'], parts.length], [length, 0]);
  assert.equal(sent['content-length'], bytes + heads);
  if (status === 416) assert.equal(sent['content-range'], `bytes */${length}`);
  if (status !== 206) return assert.ok(status === 200 ? bytes === length : body.length === 0);
  assert.ok(method === 'GET' && parts.length > 0);
  const [only] = parts;
  const range = parts.length === 1 && only ? `bytes ${only.start}-${only.end - 1}/${length}` : undefined;
  assert.equal(sent['content-range'], range);
}

describe('fuzz: what HTTP clients send', () => {
  fuzz({
    name: 'R-006, R-010 … R-023 ranges and conditions',
    inputs: fc.tuple(headers, fc.constantFrom('GET', 'GET', 'HEAD'), fc.constantFrom(0, 1, 7, 1000, 300e9)),
    runs: 4000,
    refusals: [],
    check: ([head, method, length]) => {
      const file = { length, type: 'application/mxf', etag: ETAG, lastModified: MODIFIED };
      checkAnswer(answerTo(method, head, file), method, length);
    },
  });

  fuzz({
    name: 'R-023 addresses of files',
    inputs: texts(
      ['/data/film/reel.mxf', '/data/%E6%88%98/a%20b.mxf?x=1', '/data/a/../b', '/data/%2e%2e/%2fetc%2fpasswd'],
      ['%2e', '%2F', '%5c', '%00', '..', '//', '/./', '?', '#', '%c0%af', '/data/'],
    ),
    runs: 4000,
    refusals: [],
    check: target => {
      const segments = segmentsOf(target, '/data/');
      if (segments === undefined) return;
      assert.ok(isInside('/srv/root', join('/srv/root', segments.join('/'))));
      for (const segment of segments)
        assert.ok(segment.length > 0 && !segment.startsWith('.') && !segment.includes('\0'));
    },
  });
});
