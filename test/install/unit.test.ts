import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../temporary-directory.ts';

const run = promisify(execFile);
const UNIT = new URL('../../install/bftv2.service', import.meta.url).pathname;
const CONFIGURE = new URL('../../install/configure.mjs', import.meta.url).pathname;
/** Of 10, where 0 is the safest; what systemd itself calls OK ends at 5. */
const MOST_EXPOSED = 2;

describe('the unit of the service', () => {
  const place = temporaryDirectory();

  /** The unit with programs that this machine has, and with a drop-in. */
  async function unit(dropIn = ''): Promise<string> {
    const text = await readFile(UNIT, 'utf8');
    const path = place('bftv2.service');
    await writeFile(path, `${text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)}\n${dropIn}`);
    return path;
  }

  async function printed(config: Record<string, unknown>): Promise<string> {
    await writeFile(place('config.json'), JSON.stringify({ servertype: 'receiver', ...config }));
    const { stdout } = await run(process.execPath, [CONFIGURE, '--print', '--config', place('config.json')]);
    return stdout;
  }

  const systemdAnalyze = async (...args: string[]) => {
    const { stdout, stderr } = await run('systemd-analyze', ['--no-pager', ...args]);
    return stdout + stderr;
  };

  it('is one that systemd understands, and shuts the daemon in (faults.md, hostile input 13)', async function () {
    const found = await run('systemd-analyze', ['--version']).catch(() => undefined);
    if (found === undefined) return this.skip();
    const path = await unit(await printed({ basedatapath: '/srv/bft/50% film', ctcs: '127.0.0.1:80' }));
    // Pages of the manual are looked for, and a checkout has none installed.
    assert.equal(await systemdAnalyze('verify', '--man=no', path), '');
    const report = await systemdAnalyze('security', '--offline=true', await unit());
    const [, exposure] = /Overall exposure level for \S+: (\S+)/.exec(report) ?? [];
    assert.ok(Number(exposure) <= MOST_EXPOSED, report);
  });

  it('needs no drop-in for the usual paths', async () => {
    assert.equal(await printed({}), '');
  });

  it('is told of other paths in one entry: nothing is renamed from one entry into another (BD-30)', async () => {
    const paths = {
      basedatapath: '/srv/bft/dcp',
      transferpath: '/srv/bft/transfer',
      receiverpath: '/srv/bft/received',
    };
    assert.match(
      await printed({ ...paths, logfile: '/srv/log/bft.log' }),
      /^ReadWritePaths=-"\/srv\/bft" -"\/srv\/log"$/m,
    );
    const apart = await printed({ ...paths, transferpath: '/films/transfer' });
    assert.match(apart, /^ProtectSystem=full$/m);
    assert.doesNotMatch(apart, /ReadWritePaths/);
  });

  it('may bind a port below 1024 where the configuration has one', async () => {
    const sender = { servertype: 'sender', senderdomain: 'http://a.example', cdnurl: 'http://b.example' };
    assert.match(
      await printed({ ...sender, originlisten: '0.0.0.0:80' }),
      /^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m,
    );
    assert.equal(await printed({ ...sender, originlisten: '0.0.0.0:8080' }), '');
  });
});
