import { bencoded, dictionary, type Value } from '../bencoding.ts';

type Code = 'TORRENT_INVALID' | 'NAME_UNSAFE';
export interface Hostile {
  readonly attack: string;
  readonly bytes: Uint8Array;
  readonly code: Code;
}

const PIECE = 16_384;
const PIECES = new Uint8Array(20).fill(7);
const file = (length: Value, ...path: Value[]): Value => dictionary({ length, path });
const INFO: Readonly<Record<string, Value>> = {
  files: [file(20, 'a'), file(10, 'sub', 'b')],
  name: 'film',
  'piece length': PIECE,
  pieces: PIECES,
};
const without = (key: string) => Object.fromEntries(Object.entries(INFO).filter(([name]) => name !== key));
const torrent = (info: Value, top: Readonly<Record<string, Value>> = {}) => bencoded(dictionary({ ...top, info }));
/** Keys in order, so that nothing else is wrong. */
const ordered = (info: Readonly<Record<string, Value>>) =>
  dictionary(Object.fromEntries(Object.entries(info).toSorted(([a], [b]) => (a < b ? -1 : 1))));
const infoWith = (change: Readonly<Record<string, Value>>) => torrent(ordered({ ...INFO, ...change }));
const filesWith = (...files: Value[]) => infoWith({ files });
/** A torrent whose info has one more key, of these very bytes. */
const raw = (text: string) =>
  Buffer.from(`d4:info${bencoded(dictionary(INFO)).toString('latin1').slice(0, -1)}${text}ee`, 'latin1');
const pairs = (...list: [string, Value][]): Value => ({ pairs: list });
const twice = (key: string): Value => ({ pairs: [...Object.entries(INFO), [key, 'other'] as const] });

/** Without anything wrong: every attack is one change of it. */
export const HARMLESS = torrent(dictionary(INFO));

const ENCODING: Readonly<Record<string, Uint8Array>> = {
  'nothing at all': Buffer.alloc(0),
  'a page of HTML': Buffer.from('<html><body>404</body></html>'),
  'zero bytes': Buffer.alloc(1000),
  'lists a million deep': Buffer.from(`d1:x${'l'.repeat(1_000_000)}`),
  'dictionaries a million deep': Buffer.from(`d1:x${'d1:a'.repeat(1_000_000)}`),
  'closed lists 40 deep': raw(`1:x${'l'.repeat(40)}${'e'.repeat(40)}`),
  'a string longer than memory': raw('1:x99999999999999:a'),
  'a string of 2^64 bytes': raw('1:x18446744073709551616:a'),
  'a length of 400 digits': raw(`1:x${'9'.repeat(400)}:a`),
  'a length with a sign': raw('1:x-1:a'),
  'a length with leading zeros': raw('1:x001:a'),
  'an integer of 400 digits': raw(`1:xi${'9'.repeat(400)}e`),
  'an integer beyond 2^53': raw('1:xi9007199254740993e'),
  'an integer with leading zeros': raw('1:xi042e'),
  'a negative zero': raw('1:xi-0e'),
  'an integer without digits': raw('1:xie'),
  'an integer that is none': raw('1:xi1.5e'),
  'an integer without end': raw('1:xi1'),
  'a key that is a number': raw('i1e1:x'),
  'a key without value': raw('1:x'),
  'bytes after the end': Buffer.concat([HARMLESS, Buffer.from('e')]),
  'another torrent after the end': Buffer.concat([HARMLESS, HARMLESS]),
  'all but the last byte': HARMLESS.subarray(0, -1),
  'two infos': bencoded(pairs(['info', dictionary(INFO)], ['info', dictionary(INFO)])),
  'two names': torrent(twice('name')),
  'two rows of pieces': torrent(twice('pieces')),
  'a key in disguise': torrent(twice('\ufeffname')),
  'a prototype': torrent(pairs(['__proto__', dictionary(INFO)])),
};

const SHAPE: Readonly<Record<string, Uint8Array>> = {
  'an info that is a text': torrent('info'),
  'an info that is a number': torrent(7),
  'an info that is a list': torrent([dictionary(INFO)]),
  'no info': bencoded(dictionary({ announce: 'http://127.0.0.1/a' })),
  ...Object.fromEntries(Object.keys(INFO).map(key => [`no ${key}`, torrent(dictionary(without(key)))])),
  'a torrent of version 2 only': torrent(
    dictionary({
      'file tree': dictionary({ a: dictionary({ '': dictionary({ length: 30, 'pieces root': new Uint8Array(32) }) }) }),
      'meta version': 2,
      name: 'film',
      'piece length': PIECE,
    }),
  ),
  'both a file and a directory': infoWith({ length: 30 }),
  'a file that is a text': filesWith('a'),
  'a file without length': filesWith(dictionary({ path: ['a'] })),
  'a file without path': filesWith(dictionary({ length: 30 })),
  'a path that is one text with slashes': filesWith(dictionary({ length: 30, path: 'sub/a' })),
  'a path of numbers': filesWith(file(30, 7)),
  'a path of lists': filesWith(file(30, ['a'])),
  'an empty path': filesWith(file(30)),
  'two names for one file': filesWith(dictionary({ length: 30, path: ['a'], 'path.utf-8': ['..', '..', 'a'] })),
  'two names for the package': infoWith({ 'name.utf-8': '../film' }),
  'a name that is not UTF-8': filesWith(file(30, Uint8Array.of(0x61, 0xff))),
  'an over-long form of a slash': filesWith(file(30, Uint8Array.of(0x2e, 0x2e, 0xc0, 0xaf, 0x61))),
};

const LENGTHS: Readonly<Record<string, Uint8Array>> = {
  'a negative length': filesWith(file(-30, 'a')),
  'a negative length that the others make up for': filesWith(file(-30, 'a'), file(60, 'b')),
  'a length that is a text': filesWith(file('30', 'a')),
  'a length beyond 2^53': filesWith(file(2 ** 53, 'a')),
  'lengths whose sum is beyond 2^53': filesWith(file(2 ** 53 - 1, 'a'), file(2 ** 53 - 1, 'b')),
  'no bytes': filesWith(file(0, 'a')),
  'no files': filesWith(),
  'pieces of nothing': infoWith({ 'piece length': 0 }),
  'pieces of less than nothing': infoWith({ 'piece length': -PIECE }),
  'pieces of 2^40 bytes': infoWith({ 'piece length': 2 ** 40 }),
  'a piece length that is a text': infoWith({ 'piece length': '16384' }),
  'one piece too few': filesWith(file(PIECE + 1, 'a')),
  'one piece too many': infoWith({ pieces: new Uint8Array(40) }),
  'a piece hash of 19 bytes': infoWith({ pieces: new Uint8Array(19) }),
  'a piece hash of 21 bytes': infoWith({ pieces: new Uint8Array(21) }),
  'no pieces': infoWith({ pieces: new Uint8Array(0) }),
  'pieces that are a number': infoWith({ pieces: 20 }),
};

const TRACKERS: Readonly<Record<string, Uint8Array>> = {
  'a tracker that is a number': torrent(dictionary(INFO), { announce: 7 }),
  'a tracker that is a dictionary': torrent(dictionary(INFO), { announce: dictionary({ a: 1 }) }),
  'trackers that are numbers': torrent(dictionary(INFO), { 'announce-list': [[1, 2]] }),
  'trackers in lists of lists of lists': torrent(dictionary(INFO), { 'announce-list': [[[['http://127.0.0.1/a']]]] }),
  'a tracker that is not UTF-8': torrent(dictionary(INFO), { announce: Uint8Array.of(0xff, 0xfe) }),
  'ten thousand trackers': torrent(dictionary(INFO), {
    'announce-list': [Array.from({ length: 10_000 }, (_, n) => `http://127.0.0.1/${n}`)],
  }),
};

const SEGMENTS: Readonly<Record<string, string>> = {
  'the directory above': '..',
  'the directory itself': '.',
  'no name': '',
  'a slash': '../../../escaped',
  'a path from the root': '/tmp/escaped',
  'a NUL': 'a\0.xml',
  'a backslash': '..\\..\\escaped',
  'a line feed': 'a\nb',
  'an escape sequence': 'a\u001b[2J',
  'a delete character': 'a\u007f',
  'a name of 256 bytes': 'x'.repeat(256),
  'a name of 86 characters and 258 bytes': '影'.repeat(86),
};

const COLLISIONS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'a file twice': [['a'], ['a']],
  'names that differ by case': [['reel.mxf'], ['REEL.MXF']],
  'names that differ by Unicode form': [['caf\u00e9'], ['cafe\u0301']],
  'a file that is also a directory': [['a'], ['a', 'b']],
  'a directory that is also a file': [['a', 'b'], ['A']],
};

const NAMES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(
    Object.entries(SEGMENTS).flatMap(([what, segment]) => [
      [`${what} as a file`, filesWith(file(30, segment))],
      [`${what} in a path`, filesWith(file(30, 'sub', segment, 'a'))],
      [`${what} as the package`, infoWith({ name: segment })],
      [`${what} as a single file`, torrent(ordered({ ...without('files'), name: segment, length: 30 }))],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COLLISIONS).map(([what, paths]) => [what, filesWith(...paths.map(path => file(15, ...path)))]),
  ),
  'a path of a thousand directories': filesWith(file(30, ...Array.from({ length: 1000 }, () => 'a'))),
  'a path of 4000 bytes': filesWith(file(30, ...Array.from({ length: 20 }, () => 'x'.repeat(200)))),
};

const of = (attacks: Readonly<Record<string, Uint8Array>>, code: Code): Hostile[] =>
  Object.entries(attacks).map(([attack, bytes]) => ({ attack, bytes, code }));

/** Torrents that somebody may serve in place of a good one, and the code that each is refused with. */
export const HOSTILE: readonly Hostile[] = [
  ...[ENCODING, SHAPE, LENGTHS, TRACKERS].flatMap(attacks => of(attacks, 'TORRENT_INVALID')),
  ...of(NAMES, 'NAME_UNSAFE'),
];
