import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { DemoFailure } from '../../src/demo/failure.ts';
import { Child } from '../../src/demo/process/child.ts';
import { Fleet } from '../../src/demo/process/fleet.ts';
import { freePorts } from '../../src/demo/process/free-ports.ts';
import { logTail } from '../../src/demo/process/log-tail.ts';
import { poll } from '../../src/demo/waiting.ts';
import { never, scratchDirectory } from './scratch.ts';

/** Prints its own and its child's number, then lives on. */
const PARENT = `
  import { spawn } from 'node:child_process';
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log('pids', process.pid, child.pid);
  setInterval(() => {}, 1000);`;
const STUBBORN = `process.on('SIGTERM', () => console.log('no')); console.log('pids', process.pid); setInterval(() => {}, 1000);`;
const POLITE = `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); console.log('pids', process.pid); setInterval(() => {}, 1000);`;

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe('demo processes', () => {
  const at = scratchDirectory();
  const log = () => at('log');
  const command = async (text: string) => {
    await writeFile(at('dummy.mjs'), text);
    return { name: 'dummy', module: at('dummy.mjs'), args: [], logFile: log() };
  };
  const pids = () =>
    poll(
      'the dummy',
      async () => {
        const line = /^pids (.*)$/m.exec(readFileSync(log(), 'utf8'));
        return line?.[1]?.split(' ').map(Number);
      },
      never,
      10_000,
    );

  it('stop by SIGTERM, and may say good-bye', async () => {
    const child = new Child(await command(POLITE));
    const [pid = 0] = await pids();
    assert.equal(pid, child.pid);
    await child.stop(10_000);
    assert.equal(await child.ended, 'exit code 0');
    assert.match(await logTail(log()), /bye/);
    assert.ok(!lives(pid));
  });

  it('are killed when they do not want to stop', async () => {
    const child = new Child(await command(STUBBORN));
    const [pid = 0] = await pids();
    await child.stop(300);
    assert.equal(await child.ended, 'SIGKILL');
    assert.ok(!lives(pid));
  });

  it('take what they started with them', async () => {
    const child = new Child(await command(PARENT));
    const all = await pids();
    assert.equal(all.length, 2);
    await child.stop(300);
    await poll('the end of both', async () => all.every(pid => !lives(pid)) || undefined, never, 5_000);
  });

  it('are in a group of their own, out of reach of Ctrl-C', async () => {
    const child = new Child(await command(POLITE));
    const [pid = 0] = await pids();
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    assert.equal(Number(fields[2]), pid);
    await child.stop(10_000);
  });

  it('can be stopped twice, and after they ended', async () => {
    const child = new Child(await command(''));
    assert.equal(await child.ended, 'exit code 0');
    await Promise.all([child.stop(1_000), child.stop(1_000)]);
    child.kill();
  });

  it('tell when one ends by itself, with the end of its log', async () => {
    const fleet = new Fleet();
    fleet.start(await command(`console.error('line 1'); console.error('the disk is gone'); process.exit(3);`));
    await once(fleet.death, 'abort');
    assert.ok(fleet.death.reason instanceof DemoFailure);
    assert.match(
      fleet.death.reason.message,
      /^dummy ended by itself \(exit code 3\)\n {4}line 1\n {4}the disk is gone$/,
    );
    await fleet.stop();
  });

  it('are no failure when they end because they were told to', async () => {
    const fleet = new Fleet();
    fleet.start(await command(POLITE));
    await pids();
    await fleet.stop();
    assert.ok(!fleet.death.aborted);
  });

  it('do not start any more once the fleet stops', async () => {
    const fleet = new Fleet();
    await fleet.stop();
    const late = await command(POLITE);
    assert.throws(() => fleet.start(late), DemoFailure);
  });

  it('are gone at once when there is no time', async () => {
    const fleet = new Fleet();
    fleet.start(await command(STUBBORN));
    const [pid = 0] = await pids();
    fleet.kill();
    await poll('the end', async () => !lives(pid) || undefined, never, 5_000);
  });
});

describe('demo ports', () => {
  it('are free and all different', async () => {
    const ports = await freePorts(5);
    assert.equal(new Set(ports).size, 5);
    for (const port of ports) {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    }
  });
});

describe('demo log tail', () => {
  const at = scratchDirectory();

  it('is the last lines, also of a long log', async () => {
    await writeFile(at('log'), Array.from({ length: 5000 }, (_, index) => `line ${index}\n`).join(''));
    assert.equal(await logTail(at('log'), 2), '\n    line 4998\n    line 4999');
  });

  it('is nothing without a log', async () => {
    assert.equal(await logTail(at('log')), '');
  });
});
