import * as fc from 'fast-check';

/** Longer inputs only take longer. */
const MOST_BYTES = 128 * 1024;

/** What parsers of all kinds stumble over; each parser adds its own words. */
const TOKENS = [
  '',
  '\0',
  '\n',
  '\r\n',
  ' ',
  '..',
  '../',
  '/',
  '\\',
  '"',
  '{',
  '[',
  ']',
  '}',
  ',',
  ':',
  '-',
  '-1',
  '0',
  '00',
  '1e999',
  '4294967296',
  '9007199254740993',
  '99999999999999999999',
  'null',
  'true',
  '__proto__',
  'constructor',
  '\u00e9',
  'e\u0301',
  '战',
  '\ufeff',
  '\u2028',
  '%00',
].map(text => Buffer.from(text));
const BROKEN = [Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xc0, 0xaf])];

/** A change; positions are taken modulo the length of what is changed. */
interface Change {
  readonly kind: 'flip' | 'insert' | 'overwrite' | 'remove' | 'double' | 'repeat' | 'cut' | 'splice';
  readonly at: number;
  readonly length: number;
  readonly times: number;
  readonly token: Uint8Array;
  readonly other: Uint8Array;
}

/** Valid samples with up to eight changes each; one in nine stays as it is. */
export function mutatedBytes(
  samples: readonly (string | Uint8Array)[],
  words: readonly string[] = [],
): fc.Arbitrary<Buffer> {
  const sample = fc.constantFrom(...samples.map(text => Buffer.from(text)));
  const token = fc.oneof(
    fc.constantFrom(...TOKENS, ...BROKEN, ...words.map(word => Buffer.from(word))),
    fc.uint8Array({ maxLength: 8 }),
    fc.maxSafeNat().map(number => Buffer.from(String(number))),
  );
  const change: fc.Arbitrary<Change> = fc.record({
    kind: fc.constantFrom('flip', 'insert', 'overwrite', 'remove', 'double', 'repeat', 'cut', 'splice'),
    at: fc.nat(),
    length: fc.oneof({ arbitrary: fc.nat(16), weight: 4 }, fc.nat()),
    times: fc.oneof({ arbitrary: fc.nat(4), weight: 4 }, fc.nat(5000)),
    token,
    other: sample,
  });
  return fc
    .tuple(sample, fc.array(change, { maxLength: 8 }))
    .map(([bytes, changes]) => changes.reduce(apply, bytes).subarray(0, MOST_BYTES));
}

function apply(bytes: Buffer, { kind, at: anywhere, length, times, token, other }: Change): Buffer {
  const at = anywhere % (bytes.length + 1);
  const end = Math.min(bytes.length, at + (length % (bytes.length + 1)));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (kind) {
    case 'flip':
      return at < bytes.length ? Buffer.from(bytes.with(at, (bytes[at] ?? 0) ^ (1 << (length % 8)))) : bytes;
    case 'insert':
      return Buffer.concat([before, token, middle, after]);
    case 'overwrite':
      return Buffer.concat([before, token, after]);
    case 'remove':
      return Buffer.concat([before, after]);
    case 'double':
      return Buffer.concat([before, middle, middle, after]);
    case 'repeat': {
      const few = Math.min(times, Math.floor(MOST_BYTES / Math.max(1, token.length)));
      return Buffer.concat([before, ...Array.from({ length: few }, () => token), middle, after]);
    }
    case 'cut':
      return before;
    case 'splice':
      return Buffer.concat([before, other.subarray(Math.min(at, other.length))]);
  }
}

/** A value of JSON or bencode. */
export type Tree = null | boolean | number | string | Uint8Array | readonly Tree[] | { readonly [key: string]: Tree };

/** Valid values of which up to four members, however deep, are replaced, dropped or doubled: inputs that the outer syntax lets through. */
export function mutatedTree(samples: readonly Tree[], leaves: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  const kind = fc.constantFrom('replace', 'replace', 'drop', 'double', 'copy');
  const change = fc.record({ kind, at: fc.nat(), from: fc.nat(), leaf: leaves });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) =>
      changes.reduce((tree, { kind, at, from, leaf }) => {
        const all = membersOf(tree);
        const target = all[at % all.length] ?? [];
        const value = kind === 'copy' ? memberAt(tree, all[from % all.length] ?? []) : leaf;
        return changed(tree, target, kind, value);
      }, sample),
    );
}

/** Values that fit no schema well. */
export const hostileLeaf: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom<Tree>(
    '',
    '..',
    '../../x',
    '/x',
    'a/b',
    'a\\b',
    'a\0b',
    '.',
    '\ud800',
    'x'.repeat(300),
    [],
    {},
    [''],
    -1,
  ),
  fc.constantFrom<Tree>(
    0,
    1,
    0.5,
    -0,
    1e308,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    '0',
    '1:1:1',
    '24:00-24:00',
    true,
    null,
  ),
  fc.constantFrom<Tree>('file:///etc/passwd', 'http://127.0.0.1/x', 'obs://b/x', 'x'.repeat(70_000)),
  fc.string(),
  fc.integer(),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Tree>,
);

type Path = readonly (string | number)[];

const isBranch = (tree: Tree): tree is readonly Tree[] | { readonly [key: string]: Tree } =>
  typeof tree === 'object' && tree !== null && !(tree instanceof Uint8Array);

function membersOf(tree: Tree, path: Path = []): Path[] {
  if (!isBranch(tree)) return [path];
  return [path, ...Object.entries(tree).flatMap(([key, value]: [string, Tree]) => membersOf(value, [...path, key]))];
}

function memberAt(tree: Tree, [key, ...rest]: Path): Tree {
  if (key === undefined || !isBranch(tree)) return tree;
  return memberAt((tree as Record<string, Tree>)[key] ?? null, rest);
}

function changed(tree: Tree, [key, ...rest]: Path, kind: string, value: Tree): Tree {
  if (key === undefined || !isBranch(tree)) return value;
  const entries = Object.entries(tree).flatMap(([name, member]: [string, Tree]): [string, Tree][] => {
    if (name !== key) return [[name, member]];
    if (rest.length > 0) return [[name, changed(member, rest, kind, value)]];
    if (kind === 'drop') return [];
    return kind === 'double'
      ? [
          [name, member],
          [`${name}2`, member],
        ]
      : [[name, value]];
  });
  return Array.isArray(tree) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}
