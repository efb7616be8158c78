import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { METHODS, type Method } from '../../src/core/method.ts';
import { walkPackage } from '../../src/disk/walk.ts';
import { parseRatio } from '../../src/task/ratio.ts';
import { splitFiles } from '../../src/task/split.ts';
import { LIST_KEY, type TaskFile } from '../../src/task/task-file.ts';
import { buildTorrent } from '../../src/torrent/build.ts';
import { hashPackage } from '../../src/torrent/hash-package.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { realTask } from '../task/examples.ts';
import { writeFiles } from '../temporary-directory.ts';

const PIECE_LENGTH = 16 * 1024;

export interface Delivered {
  /** Where the package lies at its sender. */
  readonly source: string;
  readonly item: TransferItem;
  readonly content: Readonly<Record<string, Uint8Array>>;
  /** The method that brings a file. */
  readonly methodOf: (file: string) => Method;
}

/** A package with its torrents and its task, as a receiver below `root` meets it; `ratio` divides it. */
export async function packageFor(
  root: string,
  content: Readonly<Record<string, Uint8Array>>,
  { ratio = '1:1:1', change = {} }: { ratio?: string; change?: Partial<TaskFile['bt']> } = {},
): Promise<Delivered> {
  const source = join(root, 'source');
  await writeFiles(source, content);
  const { files } = await walkPackage(source);
  const split = splitFiles(
    files.map(({ path, size }) => ({ file: path, size })),
    parseRatio(ratio),
    'size',
  );
  const hashes = await hashPackage(
    {
      root: source,
      files,
      pieceLength: PIECE_LENGTH,
      btFiles: new Set(split.bt),
      btPieceLength: PIECE_LENGTH,
      known: new Map(),
      workers: 1,
    },
    new AbortController().signal,
    () => {},
  );
  const torrent = (name: string, members: typeof files, pieces: Uint8Array) => ({
    path: join(root, `${name}.torrent`),
    metainfo: parseTorrent(
      buildTorrent({ name, pieceLength: PIECE_LENGTH, pieces, files: members, tracker: '' }),
      name,
    ),
  });
  const full = torrent('pkg', files, hashes.pieces);
  const shared = files.filter(({ path }) => split.bt.includes(path));
  const tmp = shared.length > 0 ? torrent('pkg-tmp', shared, hashes.btPieces) : undefined;
  const task: TaskFile = {
    ...realTask(),
    name: 'pkg',
    'bt-obs-cdn': ratio,
    size: files.reduce((sum, { size }) => sum + size, 0),
    filelist: files.map(({ path, size }) => ({ file: path, size, hash: hashes.files.get(path) ?? '' })),
    bt: {
      url: 'http://127.0.0.1/pkg.torrent',
      infohash: full.metainfo.infoHash,
      ...(tmp ? { tmpinfohash: tmp.metainfo.infoHash } : {}),
      ...change,
    },
  };
  for (const method of METHODS) task[LIST_KEY[method]] = split[method];
  const item = new TransferItem('cfec-001-pkg.task.json', task, pathsBelow(root), { full, tmp });
  const methodOf = (file: string) => METHODS.find(method => split[method].includes(file)) ?? 'bt';
  return { source, item, content, methodOf };
}

const pathsBelow = (root: string) => ({
  packagePath: join(root, 'storage', 'pkg'),
  transferPath: join(root, 'transfer'),
});

/** The same package, as another receiver below `root` meets it. */
export function elsewhere(delivered: Delivered, root: string): Delivered {
  const { name, task, full } = delivered.item;
  return { ...delivered, item: new TransferItem(name, task, pathsBelow(root), { full, tmp: undefined }) };
}

/** Puts every file where its method would have brought it. */
export async function stage({ source, item, content, methodOf }: Delivered): Promise<void> {
  for (const file of Object.keys(content)) {
    const target = item.stagingPath(methodOf(file), file);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(source, file), target);
  }
}
