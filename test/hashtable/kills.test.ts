import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { temporaryDirectory } from '../temporary-directory.ts';
import { KillRounds, type Victim } from './kill-rounds.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const KILLS = 4;

describe('hash table: kill -9 at any moment (BH-02, BH-05)', () => {
  const at = temporaryDirectory();
  let child: ChildProcess | undefined;

  const command = (...args: string[]): Victim => ({
    async start() {
      const places = ['--storage', at('dcp'), '--table', at('hashtable.txt')];
      child = spawn(process.execPath, [MAIN, 'hashtable', ...args, ...places], { stdio: 'ignore' });
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  });
  afterEach(() => command().kill());

  it(`no row is ever wrong, and after the next start the table is complete: ${KILLS} kills while the storage changes`, async function () {
    this.timeout(300_000);
    const rounds = new KillRounds(at(), { path: at('hashtable.txt'), storage: at('dcp') });
    const victims = [command('watch'), command('watch'), command('update'), command('init')];
    const victim = () => victims[randomInt(victims.length)] ?? command('watch');
    await rounds.run(victim, KILLS, KILLS / 2, command('watch'));
    assert.deepEqual([rounds.kills, rounds.completed], [KILLS, 2]);
    assert.ok(rounds.checked > 0);
  });
});
