import { dirname, join } from 'node:path';
import { makeDirectory, removeDurable, renameDurable } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { refuseLinks } from '../disk/inside.ts';
import { walkPackage } from '../disk/walk.ts';
import type { SourceFile } from './bucket-source.ts';

/** Where the files of one package wait until they are whole: `<transfer>/source/…`. */
export class SourceStaging {
  readonly #packagePath: string;
  readonly #root: string;
  readonly #parts: string;

  constructor(transferPath: string, packagePath: string) {
    const [name = '', , subdir = ''] = packagePath.split('/').toReversed();
    this.#packagePath = packagePath;
    this.#root = join(transferPath, 'source', subdir, name);
    // A package is not hidden: this cannot be one's place.
    this.#parts = join(transferPath, 'source', subdir, `.${name}.part`);
  }

  path(file: string): string {
    return join(this.#root, file);
  }

  partPath(file: string): string {
    return join(this.#parts, file);
  }

  /** Gives the staged files their places: a package that was not there appears whole. What else was staged is removed. */
  async place(type: 'dir' | 'file', files: readonly SourceFile[]): Promise<void> {
    if (type === 'dir' && !(await exists(this.#packagePath))) await this.#placeAll(files);
    else for (const { file } of files) await this.#placeOne(type, file);
    await this.remove();
  }

  async remove(): Promise<void> {
    await removeDurable(this.#parts);
    await removeDurable(this.#root);
  }

  async #placeAll(files: readonly SourceFile[]): Promise<void> {
    const wanted = new Set(files.map(({ file }) => file));
    for (const { path } of (await walkPackage(this.#root)).files) {
      if (!wanted.has(path)) await removeDurable(this.path(path));
    }
    await makeDirectory(dirname(this.#packagePath));
    await renameDurable(this.#root, this.#packagePath);
  }

  async #placeOne(type: 'dir' | 'file', file: string): Promise<void> {
    const target = type === 'file' ? this.#packagePath : join(this.#packagePath, file);
    await refuseLinks(dirname(this.#packagePath), target);
    await makeDirectory(dirname(target));
    await renameDurable(this.path(file), target);
  }
}
