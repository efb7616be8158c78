import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, until } from '../e2e/nodes.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { SHELL } from './scripts.ts';

describe('the watchdog', () => {
  const at = temporaryDirectory();
  let port: number;
  let watchdog: ChildProcess | undefined;
  let terminal: string;

  beforeEach(async () => {
    port = await freePort();
    const paths = {
      basedatapath: at('dcp'),
      receiverpath: at('receiver'),
      transferpath: at('transfer'),
      statepath: at('state'),
    };
    const config = {
      ...paths,
      servertype: 'receiver',
      apilisten: `127.0.0.1:${port}`,
      consolelisten: '',
      btport: 0,
      hashtable: at('table'),
    };
    await writeFile(at('config.json'), JSON.stringify(config));
  });
  afterEach(async () => {
    if (watchdog && watchdog.exitCode === null) {
      const ended = once(watchdog, 'exit');
      watchdog.kill('SIGTERM');
      await ended;
    }
    watchdog = undefined;
  });

  const start = (...args: string[]) => startWith({}, ...args);
  /** In a process group of its own, as a terminal does it. */
  const startWith = (more: Record<string, string>, ...args: string[]) => {
    const env = { ...process.env, BFT2_LOGS: at('new', 'log'), BFT2_PAUSE: '0.1', ...more };
    watchdog = spawn(join(SHELL, 'bftv2run.sh'), args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    terminal = '';
    for (const stream of [watchdog.stdout, watchdog.stderr]) stream?.on('data', chunk => (terminal += String(chunk)));
    return watchdog;
  };
  const log = (name: string) => readFile(at('new', 'log', name), 'utf8').catch(() => '');
  const started = async () =>
    [...(await log('bftv2run.log')).matchAll(/started, process (\d+)$/gm)].map(([, pid]) => Number(pid));
  const lives = () =>
    until('the daemon answers', () =>
      fetch(`http://127.0.0.1:${port}/heartbeat`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );

  it('starts the daemon again when it is killed, and passes SIGTERM on (BE-25, BK-11)', async () => {
    const running = start('--config', at('config.json'));
    await lives();
    const [first] = await started();
    process.kill(first ?? 0, 'SIGKILL');
    const second = await until('a new start', async () => (await started())[1]);
    await lives();
    running.kill('SIGTERM');
    const [code] = (await once(running, 'exit')) as [number];
    assert.equal(code, 0);
    assert.throws(() => process.kill(second, 0), { code: 'ESRCH' });
    assert.match(await log('bftv2run.log'), /bftv2 ended with 137\n.*started.*\n.*bftv2 ended with 0\n$/);
    assert.match(await log('bftv2.log'), /api listens/);
    assert.equal(terminal, '');
  });

  it('logs to the terminal as `console` (BE-25), and ends when the daemon was asked to end', async () => {
    const running = start('console', '--config', at('config.json'));
    await lives();
    await until('it says so', async () => /bftv2 started[^]*api listens/.test(terminal));
    const [pid] = await started();
    process.kill(pid ?? 0, 'SIGTERM');
    const [code] = (await once(running, 'exit')) as [number];
    assert.deepEqual([code, (await started()).length], [0, 1]);
  });

  it('ends in peace on Ctrl-C, which signals the whole process group (BE-25)', async () => {
    const running = start('console', '--config', at('config.json'));
    await lives();
    process.kill(-(running.pid ?? 0), 'SIGINT');
    const [code] = (await once(running, 'close')) as [number];
    assert.equal(code, 0, terminal);
    assert.match(terminal, /bftv2 is down[^]*bftv2 ended with 0\n/);
  });

  it('does not lose a SIGTERM that comes before it knows the process of its daemon (BE-25)', async () => {
    await writeFile(at('env'), `trap '[ "$BASH_COMMAND" != "child=\\$!" ] || kill -TERM $$' DEBUG`);
    const running = startWith({ BASH_ENV: at('env') }, '--config', at('config.json'));
    await once(running, 'exit');
    assert.match(await log('bftv2run.log'), /^.*started, process \d+\n.*bftv2 ended with \d+\n$/);
  });

  it('does not start what was called wrongly again and again (BE-25)', async () => {
    const [code] = (await once(start('--nonsense'), 'exit')) as [number];
    assert.deepEqual([code, (await started()).length], [2, 1]);
    assert.match(await log('bftv2.log'), /USAGE/);
  });

  it('ends at once while it waits to start a daemon that cannot run', async () => {
    await writeFile(at('config.json'), '{');
    const running = start('--config', at('config.json'));
    await until('some starts', async () => (await started()).length > 2);
    running.kill('SIGTERM');
    await once(running, 'exit');
    assert.match(await log('bftv2run.log'), /bftv2 ended with 1\n/);
  });
});
