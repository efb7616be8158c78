import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory for the tests of one suite; made before each test and removed after it. */
export function scratchDirectory(): (...path: string[]) => string {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bftv2-demo-test-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return (...path) => join(directory, ...path);
}

/** Writes files below `root`, by path. */
export async function writeTree(root: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

export const never = new AbortController().signal;
