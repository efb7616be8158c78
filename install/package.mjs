// `npm run package`: puts into dist/ a tree that brings its Node, a Debian package and a tarball of it, for the kind of machine that runs this.
// With --tree only the tree. The same commit gives the same bytes: times are those of the commit (or SOURCE_DATE_EPOCH), owners root, orders sorted.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDeb } from './package/deb.mjs';
import { makeTarball } from './package/tarball.mjs';
import { makeTree } from './package/tree.mjs';

const DEBIAN_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const architecture = DEBIAN_ARCHITECTURES[process.arch];

function fail(why) {
  process.stderr.write(`package: ${why}\n`);
  process.exit(1);
}

/** Seconds since 1970 that every file is given. */
function epoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? Number(stdout) : Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000);
}

if (process.platform !== 'linux' || architecture === undefined)
  fail(`packages are made on linux, amd64 or arm64; this is ${process.platform}, ${process.arch}`);

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const work = join(dist, 'work');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
// A test needs no small packages.
const compression = process.argv.includes('--quick') ? 1 : 6;
const about = { root, version, architecture, compression, epoch: epoch(), work };

const tree = makeTree(about);
if (process.argv.includes('--tree')) {
  rmSync(join(dist, 'tree'), { recursive: true, force: true });
  renameSync(tree, join(dist, 'tree'));
  rmSync(work, { recursive: true });
  process.exit(0);
}
const made = [
  makeDeb(about, tree, join(dist, `bftv2_${version}_${architecture}.deb`)),
  makeTarball(about, tree, join(dist, `bftv2-${version}-linux-${architecture}.tar.xz`)),
];
rmSync(work, { recursive: true, force: true });
for (const path of made) process.stdout.write(`${path}  ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
