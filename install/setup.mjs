// Brings the locked packages (Node itself among them) onto a fresh checkout. Plain JavaScript, so that an old Node can run it.
// Does nothing when they are there: a stamp in node_modules holds the hash of the lockfile that was installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const stamp = join(root, 'node_modules', '.bftv2-lock');
const node = join(root, 'node_modules', '.bin', 'node');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

const nodeIsNewEnough = () => {
  const [major, minor] = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    .split('.')
    .map(Number);
  return major > 24 || (major === 24 && minor >= 12);
};

if (!installed()) {
  process.stderr.write('setup: bringing the locked packages (npm install), once per lockfile ...\n');
  // npm's words go to stderr, so that a command that prints JSON on stdout stays clean.
  // Not npm ci: it insists on lockfile entries for packages of other platforms, which not every registry carries. --no-save keeps to the lockfile.
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    process.stderr.write('setup: npm install failed. Is the npm registry reachable from here? Nothing was started.\n');
    process.exit(1);
  }
  if (!nodeIsNewEnough()) {
    process.stderr.write(`setup: ${node} is older than 24.12; the "node" package did not install as locked.\n`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
