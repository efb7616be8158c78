import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A directory of its own for every test of the suite; gone after it. Gives paths below it. */
export function temporaryDirectory(): (...path: string[]) => string {
  let directory = '';
  beforeEach(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'bftv2-test-')));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return (...path) => join(directory, ...path);
}

/** Runs `work` in a directory that is removed afterwards: for the single runs of a property. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'bftv2-test-')));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes files below `root`, by relative path. */
export async function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

const COREUTILS = { fifo: 'mkfifo' };

/** Makes a named pipe, which Node cannot. */
export async function makeFifo(path: string): Promise<void> {
  await promisify(execFile)(COREUTILS.fifo, [path]);
}
