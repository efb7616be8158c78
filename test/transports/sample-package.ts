import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { METHODS, type Source } from '../../src/core/method.ts';
import { Layout } from '../../src/task/layout.ts';
import type { ObsKeys, TaskFile } from '../../src/task/task-file.ts';
import { buildTorrent } from '../../src/torrent/build.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { type StoredTorrent, TransferItem } from '../../src/transfer/item.ts';
import { Ledger } from '../../src/transfer/ledger.ts';

export type Files = Readonly<Record<string, Buffer>>;
const SUBDIR = 'cfec-001';

export interface SampleRequest {
  readonly name?: string;
  /** Files of the package by the method that carries them. */
  readonly shares: Readonly<Partial<Record<Source, Files>>>;
  readonly pieceLength?: number;
  readonly tracker?: string;
  /** Without it the full torrent cannot be had, as with an original sender. */
  readonly hasTorrent?: boolean;
  /** Where its directory is made; without it where temporary ones are. */
  readonly parent?: string;
}

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();

/** Random files of these sizes. */
export const randomFiles = (sizes: Readonly<Record<string, number>>): Files =>
  Object.fromEntries(Object.entries(sizes).map(([file, size]) => [file, randomBytes(size)]));

/**
 * A package on disk at a sender, its torrents, its task, and a receiver's directories, all below one temporary directory. The hashes are
 * computed here, plainly, from the bytes.
 */
export class SamplePackage {
  readonly directory: string;
  readonly files: Files;
  readonly task: TaskFile;
  readonly #full: StoredTorrent | undefined;
  readonly #tmp: StoredTorrent | undefined;
  readonly #ledgers: Ledger[] = [];

  private constructor(directory: string, files: Files, task: TaskFile, torrents: (StoredTorrent | undefined)[]) {
    this.directory = directory;
    this.files = files;
    this.task = task;
    [this.#full, this.#tmp] = torrents;
  }

  static async make(request: SampleRequest): Promise<SamplePackage> {
    const { shares, name = 'film', hasTorrent = true, parent = tmpdir() } = request;
    const directory = await mkdtemp(join(parent, 'transports-'));
    const files: Files = sorted(Object.assign({}, ...Object.values(shares)) as Files);
    const layout = Layout.at(join(directory, 'sender'), SUBDIR, name);
    for (const [file, bytes] of Object.entries(files)) await write(join(layout.packagePath, file), bytes);
    const isBtOnly = shares.obs === undefined && shares.cdn === undefined;
    const full = hasTorrent ? await torrent(layout.torrentPath, name, files, request) : undefined;
    const tmp =
      shares.bt === undefined || isBtOnly
        ? undefined
        : await torrent(layout.tmpTorrentPath, `${name}-tmp`, sorted(shares.bt), request);
    return new SamplePackage(directory, files, taskOf(name, files, request, full, tmp), [full, tmp]);
  }

  get layout(): Layout {
    return Layout.at(this.storageRoot, SUBDIR, this.task.name);
  }

  get storageRoot(): string {
    return join(this.directory, 'sender');
  }

  /** The item at the sender. Changes of `task` until now are seen. */
  sent(obsKeys?: ObsKeys): TransferItem {
    return this.#item(this.layout.packagePath, 'sender-transfer', obsKeys, true);
  }

  received(): TransferItem {
    return this.#item(Layout.at(join(this.directory, 'receiver'), SUBDIR, this.task.name).packagePath, 'transfer');
  }

  /** The receiver's ledger; opened again it is what a restart would find. */
  async ledger(item: TransferItem): Promise<Ledger> {
    const state = join(this.directory, 'state');
    const ledger = await Ledger.open(state, systemClock, item.ledgerFiles);
    this.#ledgers.push(ledger);
    return ledger;
  }

  /** All that lies in the receiver's working directories, by path below them. */
  async staged(): Promise<Files> {
    const root = join(this.directory, 'transfer');
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name));
    const read = async (path: string) => [path.slice(root.length + 1), await readFile(path)] as const;
    return Object.fromEntries(await Promise.all(paths.map(read)));
  }

  async remove(): Promise<void> {
    for (const ledger of this.#ledgers) await ledger.flush().catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }

  #item(packagePath: string, transfer: string, obsKeys?: ObsKeys, isSent = false): TransferItem {
    const transferPath = join(this.directory, transfer);
    const paths = { packagePath, transferPath, isSent, ...(obsKeys ? { obsKeys } : {}) };
    const task = structuredClone(this.task);
    return new TransferItem(`${SUBDIR}-${task.name}.task.json`, task, paths, { full: this.#full, tmp: this.#tmp });
  }
}

const sorted = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).sort(([a], [b]) => Buffer.from(a).compare(Buffer.from(b))));

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function torrent(path: string, name: string, files: Files, request: SampleRequest): Promise<StoredTorrent> {
  const { pieceLength = 16_384, tracker = '' } = request;
  const row = Buffer.concat(Object.values(files));
  const pieces: Buffer[] = [];
  for (let at = 0; at < row.length; at += pieceLength) pieces.push(sha1(row.subarray(at, at + pieceLength)));
  const listed = Object.entries(files).map(([file, bytes]) => ({ path: file, size: bytes.length }));
  const encoded = buildTorrent({ name, pieceLength, pieces: Buffer.concat(pieces), files: listed, tracker });
  await write(path, encoded);
  return { path, metainfo: parseTorrent(encoded, path) };
}

function taskOf(
  name: string,
  files: Files,
  request: SampleRequest,
  full?: StoredTorrent,
  tmp?: StoredTorrent,
): TaskFile {
  const { shares, tracker = '' } = request;
  const ratio = METHODS.map(method => (shares[method] === undefined ? 0 : 1)).join(':');
  const list = (method: Source) => Object.keys(shares[method] ?? {});
  const size = (some: Files = {}) => Object.values(some).reduce((sum, bytes) => sum + bytes.length, 0);
  return {
    name,
    basesubdir: SUBDIR,
    size: size(files),
    'bt-obs-cdn': ratio === '0:0:0' ? '0:0:1' : ratio,
    bt: {
      url: '',
      tracker,
      ...(full ? { infohash: full.metainfo.infoHash } : {}),
      ...(tmp ? { tmpinfohash: tmp.metainfo.infoHash } : {}),
    },
    obs: {},
    cdn: {},
    filelist: Object.entries(files).map(([file, bytes]) => ({
      file,
      hash: sha1(bytes).toString('hex'),
      size: bytes.length,
    })),
    btlist: list('bt'),
    obslist: list('obs'),
    cdnlist: list('cdn'),
    localsamefiles: list('local'),
    btlistsize: size(shares.bt),
    obslistsize: size(shares.obs),
    cdnlistsize: size(shares.cdn),
  };
}
