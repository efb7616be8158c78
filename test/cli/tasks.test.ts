import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryPage, TaskDetail, TasksPage } from '../../src/api/rest/shapes.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { writePackage } from '../e2e/packages.ts';
import { type Ended, runToEnd } from '../shell/scripts.ts';
import { BFT, bft } from './bft.ts';

const ESCAPE = '\u001b';

/** An hour that is far away. */
function inTwelveHours(): string {
  const hour = (new Date().getHours() + 12) % 24;
  return `${String(hour).padStart(2, '0')}:00-${String(hour).padStart(2, '0')}:01`;
}

describe('bft: tasks, at a real sender and a real receiver', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;
  const name = 'cfec-001-film.task.json';

  before(async () => {
    fleet = await TestFleet.create({ cdntime: inTwelveHours() });
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(fleet.packagePath('film'), { 'a.mxf': 300_000, 'b.mxf': 200_000 });
    await writePackage(fleet.packagePath('late'), { 'a.mxf': 1000 });
  });
  after(() => fleet.close());

  const env = (node: TestNode) => ({ BFT2_API: `http://127.0.0.1:${node.apiPort}` });
  const at = (node: TestNode, ...args: string[]): Promise<Ended> => bft(args, env(node));
  const json = async <T>(node: TestNode, ...args: string[]): Promise<T> => {
    const { code, out, err } = await at(node, ...args, '--json');
    assert.equal(code, EXIT.ok, err);
    return JSON.parse(out) as T;
  };
  /** The task file as the sender hands it out. */
  const handedOut = async (film: string) => {
    const path = join(fleet.root, `cfec-001-${film}.task.json`);
    await copyFile(fleet.taskPath(film), path);
    return path;
  };
  const statusOf = async (film: string) =>
    (await json<TasksPage>(receiver, 'ls')).tasks.find(task => task.package === film)?.status;

  it('makes and sends a package, and ends when it may be received', async () => {
    const made = await at(fleet.sender, 'gentask', fleet.packagePath('film'), '--ratio', '1:0:0', '--send', '--wait');
    assert.deepEqual([made.code, made.out], [EXIT.ok, `${name}\n`], made.err);
    assert.doesNotMatch(made.out + made.err, new RegExp(ESCAPE));
    const late = [
      'gentask',
      fleet.packagePath('late'),
      '--ratio',
      '0:0:1',
      '--policy',
      'priortime',
      '--send',
      '--wait',
    ];
    assert.equal((await at(fleet.sender, ...late)).code, EXIT.ok);
  });

  it('receives it and ends when it is complete; the task file is read here', async () => {
    const task = await json<TaskDetail>(receiver, 'recv', await handedOut('film'), '--wait');
    assert.deepEqual([task.name, task.status, task.bytes], [name, 'done', 500_000]);
    assert.equal((await at(receiver, 'recv', join(fleet.root, 'none'))).code, EXIT.notFound);
  });

  it('lists tasks with their names last and no escape codes, says why one does not move, and shows one in full', async () => {
    assert.equal((await at(receiver, 'recv', await handedOut('late'))).code, EXIT.ok);
    await until('late waits for its window', async () => (await statusOf('late')) === 'window');
    const { out } = await at(receiver, 'ls');
    assert.match(out, /^STATUS .* TASK\n[^]* {2}cfec-001-late\.task\.json\n {2}\S.*waits for its window/);
    assert.match(out, / {2}cfec-001-film\.task\.json$/m);
    assert.doesNotMatch(out, new RegExp(ESCAPE));
    assert.equal((await at(receiver, 'ls', '--group', 'waiting', '--names')).out, 'cfec-001-late.task.json\n');
    assert.deepEqual(Object.keys(await json<TasksPage>(receiver, 'ls')), ['node', 'tasks']);
    const shown = await at(receiver, 'show', 'film');
    assert.match(shown.out, new RegExp(`^${name}\n[^]*package: .*film\n[^]*\nbt  .*500000|488.3 KiB of 488.3 KiB`));
    assert.equal((await json<TaskDetail>(receiver, 'show', 'cfec-001-film')).name, name);
  });

  it('ends with 3 for a task that is not there and names a similar one', async () => {
    for (const action of ['show', 'pause', 'report', 'watch']) {
      const { code, err } = await at(receiver, action, 'fillm');
      assert.deepEqual([code, /^TASK_UNKNOWN: .*did you mean film\?/.test(err)], [EXIT.notFound, true], err);
    }
  });

  it('pauses and resumes, limits, and has nothing to do when nothing has failed', async () => {
    assert.deepEqual(await json(receiver, 'pause', 'late'), { name: 'cfec-001-late.task.json', desc: 'paused' });
    assert.equal(await statusOf('late'), 'paused');
    assert.equal((await at(receiver, 'resume', 'late', 'none')).code, EXIT.notFound);
    assert.equal(await statusOf('late'), 'window');
    assert.match((await at(receiver, 'limits', 'late', '--down', '2M')).out, /^down 2.00 MiB\/s, up no limit {2}cfec/);
    assert.equal((await at(receiver, 'retry', '--all')).code, EXIT.nothingToDo);
  });

  it('watches with bars on a terminal only, and ends with 130 on Ctrl-C', async () => {
    const piped = await at(receiver, 'watch', 'film');
    assert.deepEqual([piped.code, piped.out.split('\n').length], [EXIT.ok, 2], piped.out + piped.err);
    assert.match(piped.out, new RegExp(`^done, 100.0 % of 488.3 KiB.*${name}\n$`));
    const drawn = await runToEnd('script', ['-qec', `stty rows 40 cols 160; ${BFT} watch film`, '/dev/null'], {
      ...env(receiver),
      TERM: 'xterm',
    });
    assert.match(drawn.out, /all █+ 100\.0 %/);
    const child = spawn(BFT, ['watch', '--json'], { env: { ...process.env, ...env(receiver) } });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    assert.deepEqual(Object.keys(JSON.parse(line.toString()) as object), ['node', 'tasks']);
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [EXIT.interrupted, null]);
  });

  it('waits for a node that starts anew, and says so', async () => {
    const child = spawn(BFT, ['watch', 'late', '--json'], { env: { ...process.env, ...env(receiver) } });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    await receiver.end();
    await receiver.start();
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    assert.deepEqual(await ended, [EXIT.interrupted, null]);
  });

  it('cancels only what was agreed to, and deletes files only by name', async () => {
    const unasked = await at(receiver, 'cancel', 'late');
    assert.deepEqual([unasked.code, /no terminal: give --yes/.test(unasked.err)], [EXIT.usage, true]);
    assert.equal(await statusOf('late'), 'window');
    assert.equal((await at(receiver, 'cancel', 'late', '--yes')).code, EXIT.ok);
    assert.equal(await statusOf('late'), undefined);
    const stored = join(receiver.root, 'dcp', 'film');
    assert.equal((await at(receiver, 'cancel', 'film', '--delete-files')).code, EXIT.usage);
    assert.equal((await at(receiver, 'cancel', 'film', '--delete-files', '--confirm', 'late')).code, EXIT.usage);
    await access(stored);
    assert.equal((await at(receiver, 'cancel', 'film', '--delete-files', '--confirm', 'film')).code, EXIT.ok);
    await assert.rejects(access(stored), { code: 'ENOENT' });
  });

  it('lists the history, as a page and as CSV', async () => {
    const page = await json<HistoryPage>(receiver, 'history');
    assert.deepEqual(Object.keys(page), ['entries', 'next']);
    assert.match((await at(receiver, 'history')).out, /^FINISHED .* PACKAGE\n/);
    assert.match((await at(receiver, 'history', '--csv')).out, /direction,name,package/);
  });
});
