import assert from 'node:assert/strict';
import { MAX_TORRENT_BYTES, parseTorrent } from '../../src/torrent/parse.ts';
import { bencoded, dictionary, sha1Hex, type Value } from './bencoding.ts';

const file = (length: Value, ...path: Value[]): Value => dictionary({ length, path });
const PIECES = new Uint8Array(40).fill(7);
const INFO: Record<string, Value> = {
  files: [file(20, 'a'), file(10, 'sub', 'b')],
  name: 'pkg',
  'piece length': 16,
  pieces: PIECES,
};
const torrent = (info: Record<string, Value>, top: Record<string, Value> = {}) =>
  bencoded(dictionary({ ...top, info: dictionary(info) }));
const without = (key: string) => Object.fromEntries(Object.entries(INFO).filter(([name]) => name !== key));
const withFiles = (...files: Value[]) => torrent({ ...INFO, files });
const refused = (bytes: Uint8Array, code: string, message: RegExp) =>
  assert.throws(() => parseTorrent(bytes, 'x.torrent'), { code, message });

describe('torrent: reading foreign ones', () => {
  it('takes names, lengths and trackers, without doubles', () => {
    const bytes = torrent(INFO, {
      announce: 'http://127.0.0.1/a',
      'announce-list': [['http://127.0.0.1/a'], ['http://127.0.0.1/b', '', 'file:///etc/passwd']],
      comment: 'foreign',
    });
    const { files, length, name, announce, pieceLength } = parseTorrent(bytes, 'x');
    assert.deepEqual([name, length, pieceLength], ['pkg', 30, 16]);
    assert.deepEqual(files, [
      { path: 'a', length: 20, offset: 0 },
      { path: 'sub/b', length: 10, offset: 20 },
    ]);
    assert.deepEqual(announce, ['http://127.0.0.1/a', 'http://127.0.0.1/b']);
  });

  it('takes the infohash over the bytes as they are, unknown keys included', () => {
    const info = dictionary({
      files: INFO.files ?? [],
      name: 'pkg',
      'piece length': 16,
      pieces: PIECES,
      private: 1,
      x: [dictionary({})],
    });
    const bytes = bencoded(dictionary({ info }));
    assert.equal(parseTorrent(bytes, 'x').infoHash, sha1Hex(bencoded(info)));
  });

  it('takes what is beside the info in any order, and refuses info out of order: who writes it again has another infohash', () => {
    const info = dictionary(INFO);
    assert.equal(
      parseTorrent(
        bencoded({
          pairs: [
            ['x', 1],
            ['info', info],
            ['a', 1],
          ],
        }),
        'x',
      ).length,
      30,
    );
    const turned = (value: Value) => ({ pairs: (value as { pairs: [string, Value][] }).pairs.toReversed() });
    refused(bencoded(dictionary({ info: turned(info) })), 'TORRENT_INVALID', /out of order/);
    refused(torrent({ ...INFO, files: [turned(file(30, 'a'))] }), 'TORRENT_INVALID', /out of order/);
  });

  it('leaves out trackers that nobody can ask (hostile input 10)', () => {
    const good = [
      'http://127.0.0.1/a',
      'udp://127.0.0.1',
      'udp://[::1]:6969/announce',
      'HTTPS://tracker.example:8443/a',
    ];
    const bad = [
      'udp://127.0.0.1:0/announce',
      'udp://127.0.0.1:\n0',
      'UDP://127.0.0.1:00',
      'http://127.0.0.1:0/a',
      'ws://127.0.0.1:1',
    ];
    const bytes = bencoded(dictionary({ 'announce-list': [[...bad, ...good]], info: dictionary(INFO) }));
    assert.deepEqual(parseTorrent(bytes, 'x').announce, good);
  });

  it('BN-014: takes the single-file form as a package of one file', () => {
    const bytes = torrent({ length: 30, name: 'film.mxf', 'piece length': 16, pieces: PIECES });
    assert.deepEqual(parseTorrent(bytes, 'x').files, [{ path: 'film.mxf', length: 30, offset: 0 }]);
  });

  it('takes names as their bytes are: nothing is dropped from them', () => {
    const [path] = parseTorrent(withFiles(file(30, '\ufeffa')), 'x').files.map(each => each.path);
    assert.equal(path, '\ufeffa');
  });

  it('keeps empty files', () => {
    const { files } = parseTorrent(withFiles(file(0, 'e'), file(30, 'a'), file(0, 'z')), 'x');
    assert.deepEqual(
      files.map(({ offset }) => offset),
      [0, 0, 30],
    );
  });

  it('refuses what is no torrent', () => {
    for (const text of [
      '',
      'd',
      'i1e',
      'le',
      '4:info',
      'x',
      'd4:info',
      'd4:infode',
      '<html></html>',
      'de',
      'd1:ai1ee',
    ]) {
      refused(Buffer.from(text), 'TORRENT_INVALID', /^x\.torrent is not a torrent we accept: /);
    }
    for (const info of [7, 'info', []]) {
      refused(bencoded(dictionary({ info })), 'TORRENT_INVALID', /no piece hashes/);
    }
  });

  it('refuses a torrent that lacks something, or has it in another type', () => {
    for (const key of ['name', 'piece length', 'pieces', 'files']) {
      refused(torrent(without(key)), 'TORRENT_INVALID', /not a torrent we accept/);
      for (const value of [[], dictionary({}), -1, 'x', [[]], [7]]) {
        if (key === 'name' && value === 'x') continue;
        refused(torrent({ ...INFO, [key]: value }), 'TORRENT_INVALID', /not a torrent we accept/);
      }
    }
    const wrong = [
      file(-1, 'a'),
      file('30', 'a'),
      file(30),
      dictionary({ length: 30 }),
      file(30, 7),
      file(30, ['a']),
      7,
      'a',
    ];
    for (const each of wrong) refused(withFiles(each), 'TORRENT_INVALID', /not a torrent we accept/);
    refused(withFiles(dictionary({ length: 30, path: 'a' })), 'TORRENT_INVALID', /path/);
  });

  it('refuses pieces that do not fit the length', () => {
    for (const bytes of [0, 19, 20, 39, 41, 60]) {
      refused(torrent({ ...INFO, pieces: new Uint8Array(bytes) }), 'TORRENT_INVALID', /bytes of piece hashes, not 40/);
    }
    refused(withFiles(file(0, 'a')), 'TORRENT_INVALID', /its length is 0/);
    refused(withFiles(), 'TORRENT_INVALID', /its length is 0/);
    for (const length of [0, -16, 2 ** 26 + 1]) {
      refused(torrent({ ...INFO, 'piece length': length }), 'TORRENT_INVALID', /piece length/);
    }
  });

  it('refuses lengths that are not exact any more, one by one and together', () => {
    refused(withFiles(file(2 ** 53, 'a')), 'TORRENT_INVALID', /not a torrent we accept/);
    const huge = Number.MAX_SAFE_INTEGER;
    refused(withFiles(file(huge, 'a'), file(huge, 'b')), 'TORRENT_INVALID', /its length is/);
  });
});

describe('torrent: hostile names (hostile input 5)', () => {
  const SEGMENTS = [
    '..',
    '.',
    '',
    '../../x',
    '/etc/passwd',
    'a/b',
    'a\u0000',
    'a\\b',
    '..\\x',
    'a\n',
    '\u007f',
    'x'.repeat(256),
  ];

  it('are refused wherever they stand', () => {
    for (const segment of SEGMENTS) {
      refused(withFiles(file(30, segment)), 'NAME_UNSAFE', /unsafe name/);
      refused(withFiles(file(30, 'sub', segment)), 'NAME_UNSAFE', /unsafe name/);
      refused(withFiles(file(30, segment, 'a')), 'NAME_UNSAFE', /unsafe name/);
      refused(torrent({ ...INFO, name: segment }), 'NAME_UNSAFE', /unsafe name/);
    }
  });

  it('are refused when two would be one file, or one the directory of the other', () => {
    for (const [one, other] of [
      [['a'], ['a']],
      [['reel'], ['REEL']],
      [['caf\u00e9'], ['cafe\u0301']],
      [['a'], ['a', 'b']],
      [
        ['A', 'b', 'c'],
        ['a', 'B'],
      ],
    ] as const) {
      refused(withFiles(file(20, ...one), file(10, ...other)), 'NAME_UNSAFE', /collides|is a file and a directory/);
    }
  });

  it('are refused when they are not UTF-8', () => {
    refused(withFiles(file(30, Uint8Array.of(0x61, 0xff))), 'TORRENT_INVALID', /not valid/);
    refused(torrent({ ...INFO, name: Uint8Array.of(0xc3) }), 'TORRENT_INVALID', /not valid/);
  });

  it('are refused when their path is deeper than any package', () => {
    refused(withFiles(file(30, ...Array.from({ length: 1000 }, () => 'a'))), 'NAME_UNSAFE', /deeper than 64/);
  });
});

describe('torrent: hostile encodings (hostile input 10)', () => {
  const invalid = (text: string, message: RegExp) => refused(Buffer.from(text, 'latin1'), 'TORRENT_INVALID', message);
  const bomb = (open: string, depth: number) => `d1:x${open.repeat(depth)}`;

  it('refuses bombs of nesting before anything is built', () => {
    for (const open of ['l', 'd1:a']) {
      invalid(bomb(open, 1_000_000), /nested deeper than 32/);
      invalid(`${bomb(open, 40)}${'e'.repeat(41)}`, /nested deeper than 32/);
    }
    assert.equal(parseTorrent(torrent({ ...INFO, x: [[[[[[]]]]]] }), 'x').length, 30);
  });

  it('refuses lengths that lead past the end, however absurd', () => {
    for (const length of ['11', '999999999999', '9007199254740993', '9'.repeat(400)]) {
      invalid(`d4:info${length}:abce`, /leads past the end|no valid number/);
      invalid(`d${length}:infodee`, /leads past the end|no valid number/);
    }
  });

  it('refuses numbers that are none', () => {
    for (const number of [
      'ie',
      'i-e',
      'i--1e',
      'i1.5e',
      'i1e5e',
      'i 1e',
      'i+1e',
      'i1',
      `i${'9'.repeat(400)}e`,
      '-1:a',
      '+1:a',
      '1a',
    ]) {
      invalid(`d1:x${number}e`, /at \d+$/);
    }
  });

  it('refuses a key that stands twice, at the top, inside, or disguised', () => {
    const twice = (key: string) => ({ pairs: [...Object.entries(INFO), [key, 'other'] as const] });
    for (const key of ['name', 'pieces'])
      refused(bencoded(dictionary({ info: twice(key) })), 'TORRENT_INVALID', /duplicate key/);
    const info = dictionary(INFO);
    refused(
      bencoded({
        pairs: [
          ['info', info],
          ['info', info],
        ],
      }),
      'TORRENT_INVALID',
      /duplicate key/,
    );
    refused(bencoded(dictionary({ info: twice('\ufeffname') })), 'TORRENT_INVALID', /unsafe key/);
    refused(
      bencoded({
        pairs: [
          ['info', info],
          ['\ufeffannounce', 'x'],
        ],
      }),
      'TORRENT_INVALID',
      /unsafe key/,
    );
  });

  it('refuses to take anything from a prototype', () => {
    const bytes = bencoded(dictionary({ info: { pairs: [['__proto__', dictionary(INFO)]] } }));
    refused(bytes, 'TORRENT_INVALID', /unsafe key/);
    assert.equal(parseTorrent(torrent({ constructor: 'x', ...INFO, toString: 1 }), 'x').length, 30);
  });

  it('refuses bytes after the end, keys that are none, and what ends too early', () => {
    const whole = torrent(INFO);
    invalid(`${whole.toString('latin1')}x`, /bytes after the end/);
    invalid('di1e1:xe', /no valid number/);
    invalid('dl1:ae1:xe', /no valid number/);
    for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length), 'TORRENT_INVALID', /./);
  });

  it('refuses more than 20 MiB unread', () => {
    refused(new Uint8Array(MAX_TORRENT_BYTES + 1), 'TORRENT_INVALID', /larger than/);
  });

  it('tells a torrent of many small strings apart in no time', () => {
    const segment = Buffer.from('1:a');
    const path = Buffer.concat([Buffer.from('d6:lengthi1e4:pathl'), ...Array.from({ length: 60 }, () => segment)]);
    const files = Array.from({ length: 20_000 }, (_, index) =>
      Buffer.concat([path, bencoded(String(index)), Buffer.from('ee')]),
    );
    const info = Buffer.concat([
      Buffer.from('d5:filesl'),
      ...files,
      Buffer.from('e4:name3:pkg12:piece lengthi20000e6:pieces20:aaaaaaaaaaaaaaaaaaaae'),
    ]);
    const bytes = Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]);
    assert.equal(parseTorrent(bytes, 'x').files.length, 20_000);
  });
});
