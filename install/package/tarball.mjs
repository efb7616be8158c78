import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './run.mjs';

/** Packs the tree below a directory of the tarball's name; gives the tarball's path. */
export function makeTarball({ epoch, compression }, tree, path) {
  const named = join(dirname(tree), basename(path, '.tar.xz'));
  renameSync(tree, named);
  const order = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu', `--mtime=@${epoch}`];
  // More than one thread cuts the stream into blocks whose size does not depend on how many there are.
  const env = { ...process.env, XZ_OPT: `-${compression} -T2` };
  run('tar', [...order, '-C', dirname(named), '-cJf', `${path}.new`, basename(named)], { env });
  renameSync(`${path}.new`, path);
  rmSync(named, { recursive: true });
  return path;
}
