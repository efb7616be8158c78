import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { silentLog } from '../../src/core/log.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { freePort, TestNode, until } from '../e2e/nodes.ts';
import { atEnd } from './at-end.ts';
import { atMost, type Bench, type Row } from './bench.ts';
import { memoryOf } from './memory.ts';
import { timed } from './program.ts';

const ROWS = 1_000_000;
const DIRECTORIES = 10_000;
/** Files that are really there, so that there is something to find. */
const REAL = 2000;
const PACKAGE = 500;
const WATCHED = { files: 20_000, directories: 1000 };
const MOST = { start: 3, mib: 250, lookUpMs: 1 };
const MIB = 1024 ** 2;
const HELD = /"directories":(\d+),"rows":(\d+),"waiting":(\d+)/;

/** P11: a hash table of a million rows, and a storage that is watched. */
export const p11: Bench = {
  name: 'p11',
  title: 'a hash table of a million rows',
  async *run() {
    const root = await mkdtemp(join(tmpdir(), 'bftv2-bench-'));
    const node = new TestNode(root, await freePort(), { servertype: 'receiver', loglevel: 'info' });
    const stop = atEnd(() => node.end('SIGKILL'));
    try {
      await writeTable(String(node.config.hashtable), join(root, 'dcp'));
      yield* await startRows(node, `${ROWS} rows, first start`, ROWS + REAL);
      yield* await startRows(node, `${ROWS} rows, start again`, ROWS + REAL);
      yield* await questions(node);
      await node.end();
      yield* await watched(node);
    } finally {
      await node.end('SIGKILL');
      stop();
      await rm(root, { recursive: true, force: true });
    }
  },
};

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const contentOf = (file: number) => `real ${file}`;

/** Rows in no order, as a storage has them after years; those of far places are nobody's business but the table's. */
async function writeTable(path: string, storage: string): Promise<void> {
  await mkdir(join(storage, 'real'), { recursive: true });
  for (let file = 0; file < REAL; file++) await writeFile(join(storage, 'real', String(file)), contentOf(file));
  await pipeline(function* () {
    for (let file = 0; file < REAL; file++) yield `${sha1(contentOf(file))}  ${storage}/real/${file}\n`;
    for (let row = 0; row < ROWS; row++)
      yield `${sha1(String(row))}  /elsewhere/package-${(row * 7919) % DIRECTORIES}/reel-${row}.mxf\n`;
  }, createWriteStream(path));
}

/** From the start of the process to its first answer, and until the table is taken in and held against the storage. */
async function startRows(node: TestNode, of: string, rows: number): Promise<Row[]> {
  await node.end();
  node.output = '';
  let answered = 0;
  const held = await timed(async () => {
    answered = await timed(() => node.start());
    await until('the storage was held against the table', async () => HELD.test(node.output));
  });
  const [said = ''] = node.output.match(HELD) ?? [];
  assert.match(said, new RegExp(`"rows":${rows}`));
  await until('nothing waits', async () => (await facade(node, table => table.stats())).waiting === 0);
  const { daemon } = await memoryOf(node);
  const memory = { of, unit: 'MiB' as const };
  return [
    { of, what: 'until it answers', unit: 's', samples: [answered], goal: atMost(MOST.start, answered, 's') },
    { of, what: 'until all is held against the storage', unit: 's', samples: [held] },
    { ...memory, what: 'memory then', samples: [daemon.now / MIB], goal: atMost(MOST.mib, daemon.now / MIB, 'MiB') },
    { ...memory, what: 'memory at most', samples: [daemon.peak / MIB] },
  ];
}

async function facade<T>(node: TestNode, use: (table: HashTable) => Promise<T>): Promise<T> {
  const { hashtable, basedatapath } = node.config;
  const place = { path: String(hashtable), storage: String(basedatapath) };
  const table = new HashTable({ log: silentLog }, () => place);
  try {
    return await use(table);
  } finally {
    await table.stop();
  }
}

/** Beside the daemon, through the same facade that it uses. */
function questions(node: TestNode): Promise<Row[]> {
  return facade(node, async table => {
    const of = `${ROWS} rows`;
    const wanted = (from: number) => [sha1(contentOf(from)), contentOf(from).length] as const;
    await table.find(new Map([wanted(0)]));
    const each = async (count: number, ask: (turn: number) => Promise<unknown>) =>
      ((await timed(async () => {
        for (let turn = 0; turn < count; turn++) await ask(turn);
      })) /
        count) *
      1000;
    const hit = await each(REAL, file => table.find(new Map([wanted(file)])));
    const miss = await each(REAL, row => table.find(new Map([[sha1(`not ${row}`), 5]])));
    const all = new Map(Array.from({ length: REAL }, (_, file) => wanted(file)));
    const batch = (await timed(async () => assert.equal((await table.find(all)).size, REAL))) * 1000;
    const rows = (round: number) =>
      Array.from({ length: PACKAGE }, (_, n) => ({ sha1: sha1(`new ${n}`), path: `/elsewhere/new-${round}/${n}` }));
    const added = await each(10, round => table.add(rows(round)));
    const ms = { of, unit: 'ms' as const };
    return [
      { ...ms, what: 'one file that is here', samples: [hit], goal: atMost(MOST.lookUpMs, hit, 'ms') },
      { ...ms, what: 'one that is not', samples: [miss] },
      { ...ms, what: `each of ${REAL} that are here, asked together`, samples: [batch / REAL] },
      { ...ms, what: `rows of a package of ${PACKAGE} files, durable`, samples: [added] },
    ];
  });
}

/** What watching takes, without rows of other places. */
async function watched(node: TestNode): Promise<Row[]> {
  const storage = String(node.config.basedatapath);
  await rm(join(storage, 'real'), { recursive: true });
  await rm(String(node.config.hashtable));
  const perDirectory = WATCHED.files / WATCHED.directories;
  for (let directory = 0; directory < WATCHED.directories; directory++) {
    const path = join(storage, `package-${directory}`);
    await mkdir(path);
    for (let file = 0; file < perDirectory; file++) await writeFile(join(path, `${file}.mxf`), `${directory} ${file}`);
  }
  const of = `${WATCHED.files} files in ${WATCHED.directories} directories`;
  const hashed = await timed(async () => {
    await node.start();
    await until('all is hashed', async () => (await facade(node, table => table.stats())).rows === WATCHED.files);
  });
  const again = await startRows(node, `${of}, start again`, WATCHED.files);
  return [{ of, what: 'until all is hashed', unit: 's', samples: [hashed] }, ...again];
}
