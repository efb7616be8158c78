import assert from 'node:assert/strict';
import { METHODS } from '../../src/core/method.ts';
import { parseLine } from '../../src/transfer/ledger-journal.ts';
import { UploadRecord } from '../../src/transports/obs/upload-record.ts';
import { fuzz } from './fuzz.ts';
import { hostileLeaf, mutatedBytes, mutatedTree, type Tree } from './mutated.ts';

const texts = (samples: string[], words: string[]) => mutatedBytes(samples, words).map(bytes => bytes.toString());

const LINES: Tree[] = [
  {
    written: '声音.mxf',
    spans: [
      [0, 16_384],
      [32_768, 40_000],
    ],
  },
  { durable: 'sub/reel.mxf', source: 'obs', spans: [[0, 300_000_000_000]] },
  { durable: 'empty', source: 'local', spans: [[0, 0]] },
  { owner: 'cdn', files: ['a', 'b'] },
  { counted: { bt: { received: 7, wasted: 1, sources: { '127.0.0.1:80': { bytes: 7, wasted: 1 } } } } },
];
const samples = LINES.map(line => JSON.stringify(line));

/** A line is dropped or is one entry of which everything can be believed but that it is true. */
function checkLine(text: string): void {
  const entries = parseLine(text);
  assert.ok(entries.length <= 1);
  for (const entry of entries) {
    if ('spans' in entry) {
      assert.equal(typeof ('written' in entry ? entry.written : entry.durable), 'string');
      for (const [start, end] of entry.spans) {
        assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end);
      }
    } else if ('owner' in entry) {
      assert.ok(METHODS.includes(entry.owner) && entry.files.every(file => typeof file === 'string'));
    } else {
      for (const { received, wasted, sources } of Object.values(entry.counted)) {
        const all = Object.values(sources).flatMap(source => [source.bytes, source.wasted]);
        assert.ok([received, wasted, ...all].every(bytes => Number.isSafeInteger(bytes) && bytes >= 0));
      }
    }
  }
}

describe('fuzz: the journal of a ledger', () => {
  it('the samples are entries', () => {
    for (const sample of samples) assert.equal(parseLine(sample).length, 1, sample);
  });

  fuzz({
    name: 'torn and damaged lines',
    inputs: texts(samples, ['[0,1]', '],[', '"spans":', '"owner":"bt"', 'null', '-5', '1.5']),
    runs: 3000,
    refusals: [],
    check: checkLine,
  });

  fuzz({
    name: 'lines with wrong members',
    inputs: mutatedTree(LINES, hostileLeaf).map(tree => JSON.stringify(tree)),
    runs: 3000,
    refusals: [],
    check: checkLine,
  });
});

describe('fuzz: the record of an upload', () => {
  const begun = {
    bucket: 'b',
    key: 'dcps/film/声音.mxf',
    upload: 'u1',
    partSize: 9_000_000,
    sha1: 'a'.repeat(40),
    stamp: '5:6:7',
  };
  const parts = [1, 2, 10_000].map(part => ({ part, etag: `"${part}"` }));
  const record = [begun, ...parts].map(line => JSON.stringify(line)).join('\n');

  it('the sample is a record', () => {
    assert.deepEqual([...(UploadRecord.parse('/x', record)?.etags.keys() ?? [])], [1, 2, 10_000]);
  });

  fuzz({
    name: 'torn and damaged records',
    inputs: texts([record, JSON.stringify(begun)], ['\n', '{"part":1,"etag":""}', '{"part":0', '"partSize":0', 'null']),
    runs: 3000,
    refusals: [],
    check: text => {
      const read = UploadRecord.parse('/x', text);
      if (!read) return;
      const { partSize, ...words } = read.begun;
      assert.ok(Number.isSafeInteger(partSize) && partSize > 0);
      for (const key of ['bucket', 'key', 'upload', 'sha1', 'stamp'] as const)
        assert.equal(typeof words[key], 'string');
      for (const [part, etag] of read.etags) assert.ok(Number.isInteger(part) && part > 0 && typeof etag === 'string');
    },
  });
});
