import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { ServiceManager } from '../../src/daemon/service-manager.ts';
import { until } from '../e2e/nodes.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('daemon: what systemd is told', () => {
  const at = temporaryDirectory();
  let warnings: string[];
  const log: Logger = { ...silentLog, warn: (_fields: unknown, text?: string) => void warnings.push(text ?? '') };
  beforeEach(async () => {
    warnings = [];
    // Stands in for the program, which not every machine has: it says what it was told, and by whom it is heard.
    await writeFile(at('systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${at('told')}\n`);
    await chmod(at('systemd-notify'), 0o755);
    await writeFile(at('told'), '');
  });
  const told = async () => (await readFile(at('told'), 'utf8')).split('\n').filter(line => line !== '');
  const environment = () => ({ NOTIFY_SOCKET: '/run/x', PATH: `${at()}:${process.env.PATH}` });

  it('hears of start, reload and stop', async () => {
    const manager = new ServiceManager({ log }, environment());
    await manager.ready();
    await manager.reloading();
    await manager.ready();
    await manager.stopping();
    const [up, reloading, again, down, ...more] = await told();
    assert.deepEqual([up, again, down, more], ['/run/x READY=1', '/run/x READY=1', '/run/x STOPPING=1', []]);
    assert.match(reloading ?? '', /^\/run\/x RELOADING=1 MONOTONIC_USEC=\d+$/);
  });

  it('hears again and again that the event loop turns, if it wants to, until the stop', async () => {
    const watched = { ...environment(), WATCHDOG_USEC: '20000' };
    const manager = new ServiceManager({ log }, watched);
    await manager.ready();
    await until('two signs of life', async () => (await told()).filter(line => line.endsWith('WATCHDOG=1')).length > 1);
    await manager.stopping();
    for (const other of [{ WATCHDOG_PID: '1' }, { WATCHDOG_USEC: 'x' }]) {
      const quiet = new ServiceManager({ log }, { ...watched, ...other });
      await quiet.ready();
      await quiet.stopping();
    }
    assert.deepEqual(warnings, []);
  });

  it('hears nothing without its socket; and a daemon without the program goes on, having said so once', async () => {
    const alone = new ServiceManager({ log }, { PATH: environment().PATH });
    await alone.ready();
    await alone.stopping();
    assert.deepEqual(await told(), []);
    const lacking = new ServiceManager({ log }, { NOTIFY_SOCKET: '/run/x', PATH: '/nowhere' });
    await lacking.ready();
    await lacking.stopping();
    assert.deepEqual(warnings, ['systemd-notify could not tell systemd READY=1']);
  });
});
