import { rmSync, rmdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errno } from '../core/errors.ts';
import { UsageFailure } from './failure.ts';

/**
 * The directory that all of a demo lies in. It removes what was made through `make` and, where it made it itself,
 * the directory; nothing else.
 */
export class Workspace {
  readonly root: string;
  /** Directories above the parts that did not exist before, innermost first. */
  readonly #created: readonly string[];
  readonly #parts = new Set<string>();

  private constructor(root: string, created: readonly string[]) {
    this.root = root;
    this.#created = created;
  }

  /** `dir` must be empty or absent; without it, a new temporary directory. Throws UsageFailure. */
  static async open(dir?: string): Promise<Workspace> {
    if (dir === undefined) {
      const made = await mkdtemp(join(await realpath(tmpdir()), 'bftv2-demo-'));
      return new Workspace(made, [made]);
    }
    const wanted = resolve(dir);
    const first = await makeDirectory(wanted);
    const root = await realpath(wanted);
    const created = first === undefined ? [] : between(await realpath(first), root);
    if ((await readdir(root)).length > 0) throw new UsageFailure(`--dir ${dir} is not empty`);
    return new Workspace(root, created);
  }

  /** Makes the directory of one part of the demo directly below the root, and sees to its removal. */
  async make(part: string): Promise<string> {
    const path = join(this.root, part);
    this.#parts.add(path);
    await mkdir(path);
    return path;
  }

  async remove(): Promise<void> {
    for (const part of this.#parts) await rm(part, { recursive: true, force: true, maxRetries: 5 });
    for (const directory of this.#created) await rmdir(directory).catch(keepForeign);
  }

  /** The same without waiting; for the last moment before this process ends. */
  removeNow(): void {
    for (const part of this.#parts) rmSync(part, { recursive: true, force: true, maxRetries: 5 });
    for (const directory of this.#created) {
      try {
        rmdirSync(directory);
      } catch (error) {
        keepForeign(error);
      }
    }
  }
}

async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageFailure(`--dir ${path} cannot be used: ${why}`, { cause });
  }
}

/** `inner` and the directories above it down from `outer`, innermost first. */
function between(outer: string, inner: string): string[] {
  const directories = [inner];
  for (let at = inner; at !== outer; directories.push(at)) at = resolve(at, '..');
  return directories;
}

/** A directory that is gone is what we want, and one in which somebody else put something is theirs. */
function keepForeign(error: unknown): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errno(error) ?? '')) throw error;
}
