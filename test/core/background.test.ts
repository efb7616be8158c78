import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';

const MODULE = new URL('../../src/core/background.ts', import.meta.url).href;

/** What a thread says of its priority, in a process that was started with `nice` and steps back in a thread of its own. */
function after(nice: number): string {
  const thread = `
    const { getPriority } = await import('node:os');
    const { parentPort } = await import('node:worker_threads');
    (await import(${JSON.stringify(MODULE)})).stepBack();
    parentPort.postMessage(getPriority());`;
  const program = `
    const { getPriority } = await import('node:os');
    const { Worker } = await import('node:worker_threads');
    const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)}));
    new Worker(url).once('message', own => console.log(own + ' ' + getPriority()));`;
  const args = ['-n', String(nice), process.execPath, '--input-type=module', '-e', program];
  return execFileSync('nice', args, { encoding: 'utf8' }).trim();
}

const own = getPriority();

describe('core: threads in the background', () => {
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  it('step back alone: the event loop keeps its priority', () => assert.equal(after(0), `${Math.max(own, 10)} ${own}`));

  it('stay where the operator has put the whole process, if that is further back', () =>
    assert.equal(after(15), `${Math.min(own + 15, 19)} ${Math.min(own + 15, 19)}`));
});
