// The program as it is installed: what runs it, what it needs, what operators read. Nothing that only its makers need.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const COPIED = [
  'LICENSE',
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'package.json',
  'docs',
  'etc',
  'shell',
  'src',
];
/** Run by an installed node; the rest of install/ is for making packages. */
const INSTALLERS = ['bftv2.service', 'bftv2.logrotate', 'configure.mjs', 'sandbox.mjs', 'install.sh', 'uninstall.sh'];
/** Neither is used by a daemon. */
const UNUSED_SOURCES = ['src/demo', 'src/devserver'];
/** Debugging, types and settings of their makers' tools; nothing of it is ever loaded. */
const NEVER_LOADED = /\.(map|d\.ts|d\.mts|d\.cts|tsbuildinfo)$|\/node_modules\/.*\/\.[^/]+(\/|$)/;
const SHELLS = { bash: 'bft', zsh: '_bft', fish: 'bft.fish' };

/** Makes the tree; gives its path. */
export function makeTree({ root, work }) {
  const tree = join(work, 'tree');
  mkdirSync(join(tree, 'install'), { recursive: true });
  for (const name of COPIED) cpSync(join(root, name), join(tree, name), { recursive: true });
  for (const name of INSTALLERS) cpSync(join(root, 'install', name), join(tree, 'install', name));
  for (const name of UNUSED_SOURCES) rmSync(join(tree, name), { recursive: true });
  addDependencies(root, tree);
  addPrograms(root, tree);
  addConsole(root, tree);
  addManual(root, tree);
  normalise(tree);
  return tree;
}

/** Not npm ci: it insists on packages of other platforms, which not every registry carries. */
function addDependencies(root, tree) {
  for (const name of ['package-lock.json', '.npmrc']) cpSync(join(root, name), join(tree, name));
  const options = ['--omit=dev', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...options], { cwd: tree });
  // It says where packages were brought from.
  for (const name of ['package-lock.json', '.npmrc', 'node_modules/.package-lock.json', 'node_modules/.bin'])
    rmSync(join(tree, name), { recursive: true, force: true });
  for (const path of filesBelow(join(tree, 'node_modules')))
    if (NEVER_LOADED.test(path) || isForeign(path)) rmSync(path);
  removeEmpty(join(tree, 'node_modules'));
}

/** Compiled for another machine. */
function isForeign(path) {
  const [, built] = /\/prebuilds\/([^/]+)\//.exec(path) ?? [];
  return built !== undefined && (built !== `linux-${process.arch}` || path.includes('musl'));
}

/** Node stands where the scripts of a checkout look for it, too. */
function addPrograms(root, tree) {
  mkdirSync(join(tree, 'bin'));
  mkdirSync(join(tree, 'node_modules/.bin'));
  cpSync(join(root, 'node_modules/node/bin/node'), join(tree, 'bin/node'), { dereference: true });
  symlinkSync('../../bin/node', join(tree, 'node_modules/.bin/node'));
  for (const name of readdirSync(join(root, 'bin'))) cpSync(join(root, 'bin', name), join(tree, 'bin', name));
}

function addConsole(root, tree) {
  const build = join(root, 'src/console/build.ts');
  if (!existsSync(build)) return;
  run(join(tree, 'bin/node'), [build, join(tree, 'dist/console')], { cwd: root });
}

/** Man pages and completions are made by the command that they are about. */
function addManual(root, tree) {
  cpSync(join(root, 'install/man'), join(tree, 'share/man/man8'), { recursive: true });
  const bft = join(tree, 'bin/bft');
  if (!existsSync(bft)) return;
  run(bft, ['man', join(tree, 'share/man/man1')]);
  for (const [shell, name] of Object.entries(SHELLS)) {
    const directory = join(tree, 'share/completion', shell);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), execFileSync(bft, ['completion', shell]));
  }
}

/** Sorted paths of what is no directory; none where there is no such directory. */
export function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  // Not its option "recursive": that one follows links.
  const entries = readdirSync(directory, { withFileTypes: true }).map(entry => ({
    entry,
    path: join(directory, entry.name),
  }));
  return entries.flatMap(({ entry, path }) => (entry.isDirectory() ? filesBelow(path) : [path])).sort();
}

function removeEmpty(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(join(directory, entry.name));
  if (readdirSync(directory).length === 0) rmSync(directory, { recursive: true });
}

/** Modes do not depend on who makes the package. */
export function normalise(path) {
  const info = lstatSync(path);
  if (info.isSymbolicLink()) return;
  // What lies in packages is loaded, never run.
  const isProgram = (info.mode & 0o100) !== 0 && !path.includes('/node_modules/');
  chmodSync(path, info.isDirectory() || isProgram ? 0o755 : 0o644);
  if (info.isDirectory()) for (const name of readdirSync(path)) normalise(join(path, name));
}
