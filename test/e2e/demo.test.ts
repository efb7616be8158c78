import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonReport } from '../../src/demo/report/json.ts';
import { poll } from '../../src/demo/waiting.ts';

const DEMO = fileURLToPath(new URL('../../src/demo/main.ts', import.meta.url));
const MIB = 1024 * 1024;
const never = new AbortController().signal;

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('npm run demo', function () {
  this.timeout(180_000);
  let scratch: string;
  let temporary: string;

  beforeEach(async () => {
    scratch = await realpath(await mkdtemp(join(tmpdir(), 'bftv2-demo-e2e-')));
    temporary = join(scratch, 'tmp');
    await mkdir(temporary);
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  const start = (...args: string[]) =>
    spawn(process.execPath, [DEMO, ...args], { env: { ...process.env, TMPDIR: temporary } });
  const run = (...args: string[]) => finished(start(...args));

  /** Every process of a demo has a path below its directory in its command line. */
  const belowScratch = (commandLine: string) => commandLine.includes(scratch);
  const assertNothingLeft = () => {
    assert.deepEqual(readdirSync(temporary), []);
    assert.deepEqual(commandLines().filter(belowScratch), []);
  };

  it('brings a synthetic package to two receivers in the ratio, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run('--json', '--size', '24M', '--receivers', '2', '--ratio', '2:1:1');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as JsonReport;
    assert.equal(report.ok, true);
    assert.equal(report.source, 'synthetic');
    assert.equal(report.files, 12);
    assert.ok(report.bytes >= 24 * MIB && report.bytes < 24.1 * MIB);
    assert.deepEqual(
      report.receivers.map(({ name, ok, verified }) => ({ name, ok, verified })),
      ['receiver-1', 'receiver-2'].map(name => ({ name, ok: true, verified: true })),
    );
    const { bt, obs, cdn } = report.methods;
    assert.equal(bt.bytes + obs.bytes + cdn.bytes, 2 * report.bytes);
    assert.equal(report.ratio.target, '2:1:1');
    const actual = report.ratio.actual.split(':').map(Number);
    for (const [index, wanted] of [2, 1, 1].entries()) {
      assert.ok(Math.abs((actual[index] ?? 0) - wanted) < 0.05, report.ratio.actual);
    }
    assertNothingLeft();
  });

  it('brings a real folder, whatever its files are called, and leaves it as it was', async () => {
    const source = join(scratch, 'Der Film 电影');
    const files: Record<string, string> = {
      'ASSETMAP.xml': '<AssetMap/>',
      'reel 1/picture of reel 1.mxf': 'p'.repeat(3 * MIB),
      'reel 1/声音 — 第一卷.mxf': 's'.repeat(MIB + 1),
      'reel 2/deep/er/empty file': '',
    };
    for (let index = 0; index < 300; index++) files[`subtitles/${index % 7}/${index}.png`] = `picture ${index}`;
    await writeFiles(source, files);
    await mkdir(join(source, 'an empty directory'));
    const before = readAll(source);
    const { code, stdout, stderr } = await run('--json', '--source', source, '--ratio', '1:1:1');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as JsonReport;
    assert.equal(report.ok, true);
    assert.equal(report.source, source);
    assert.equal(report.files, Object.keys(files).length);
    assert.deepEqual(readAll(source), before);
    assert.match(stderr, /an empty directory\//);
    assertNothingLeft();
  });

  it('keeps what it did where it was told to, and prints a table', async () => {
    const directory = join(scratch, 'kept');
    const { code, stdout, stderr } = await run('--size', '2M', '--dir', directory, '--keep');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /target 1:1:1, actual [\d.]+:[\d.]+:[\d.]+/);
    assert.match(stdout, /receiver-1 +12 files equal the source/);
    assert.ok(stderr.includes(`Kept: ${directory}`));
    assert.deepEqual(readdirSync(directory).toSorted(), ['cacher', 'obs', 'receiver-1', 'sender']);
    const storage = readdirSync(join(directory, 'receiver-1/dcp')).toSorted();
    assert.equal(storage.length, 2, storage.join());
    assert.equal(storage[1], `${storage[0]}.finished`);
    assertNothingLeft();
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends with ${code} on ${signal} in the middle, and leaves nothing behind`, async () => {
      const child = start('--size', '200M', '--json');
      await said(child, /^Receiving/m);
      child.kill(signal);
      const result = await finished(child);
      assert.equal(result.code, code);
      assert.equal((JSON.parse(result.stdout) as JsonReport).ok, false);
      assert.match(result.stderr, new RegExp(`stopped by ${signal}`));
      assertNothingLeft();
    });
  }

  it('leaves nothing behind when it is interrupted while it makes the package', async () => {
    const child = start('--size', '4G');
    await said(child, /^Making/m);
    child.kill('SIGINT');
    assert.equal((await finished(child)).code, 130);
    assertNothingLeft();
  });

  it('leaves nothing behind when it crashes', async () => {
    const crash = `process.on('SIGUSR2', () => { throw new Error('planted'); });`;
    const fault = `--import=data:text/javascript,${encodeURIComponent(crash)}`;
    const child = spawn(process.execPath, [fault, DEMO, '--size', '200M'], {
      env: { ...process.env, TMPDIR: temporary },
    });
    await said(child, /^Receiving/m);
    child.kill('SIGUSR2');
    const { code, stderr } = await finished(child);
    assert.notEqual(code, 0);
    assert.match(stderr, /planted/);
    await poll('the end of the daemons', async () => !commandLines().some(belowScratch) || undefined, never, 5_000);
    assertNothingLeft();
  });

  it('says which daemon died, quotes its log and leaves nothing behind', async () => {
    const child = start('--size', '200M');
    await said(child, /^Receiving/m);
    const [cacher = 0] = processesOf(join(temporary, readdirSync(temporary)[0] ?? '', 'cacher'));
    process.kill(cacher, 'SIGKILL');
    const { code, stderr } = await finished(child);
    assert.equal(code, 1);
    assert.match(stderr, /cacher ended by itself \(SIGKILL\)\n {4}\{/);
    assertNothingLeft();
  });

  it('refuses a wrong command line with 2, in one line and without a result', async () => {
    const { code, stdout, stderr } = await run('--json', '--sizes', '3M');
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Unknown option '--sizes'.*--help shows the options\n$/);
    assertNothingLeft();
  });
});

async function finished(child: ChildProcessWithoutNullStreams): Promise<Result> {
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    collected(child),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout: stdout.join(''), stderr };
}

const errors = new WeakMap<ChildProcessWithoutNullStreams, { text: string }>();

/** What the child has written to standard error so far; the same object for every call. */
function listen(child: ChildProcessWithoutNullStreams): { text: string } {
  const known = errors.get(child);
  if (known) return known;
  const heard = { text: '' };
  errors.set(child, heard);
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    heard.text += chunk;
  });
  return heard;
}

async function collected(child: ChildProcessWithoutNullStreams): Promise<string> {
  const heard = listen(child);
  if (!child.stderr.readableEnded) await once(child.stderr, 'end');
  return heard.text;
}

/** Resolves when the child has written that to standard error. */
async function said(child: ChildProcessWithoutNullStreams, what: RegExp): Promise<void> {
  const heard = listen(child);
  while (!what.test(heard.text)) {
    if (child.stderr.readableEnded) assert.fail(`it ended without ${what}:\n${heard.text}`);
    await Promise.race([once(child.stderr, 'data'), once(child.stderr, 'end')]);
  }
}

function commandLines(): string[] {
  return processes().map(({ command }) => command);
}

/** Numbers of the processes that have this path in their command line. */
function processesOf(path: string): number[] {
  return processes()
    .filter(({ command }) => command.includes(path))
    .map(({ pid }) => pid);
}

function processes(): { pid: number; command: string }[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.flatMap(pid => {
    try {
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
    } catch {
      return []; // it ended in the meantime
    }
  });
}

async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

function readAll(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.toSorted().map(path => [path, readFileSync(path, 'utf8')]));
}
