import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DirectoryLock } from '../../src/disk/lock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const HOLDER = fileURLToPath(new URL('lock-holder.fixture.ts', import.meta.url));
const busy = { code: 'ALREADY_RUNNING', message: /^another bftv2 runs on \// };

describe('disk: lock of a directory (fault 30)', () => {
  const at = temporaryDirectory();
  let holder: ChildProcess | undefined;
  afterEach(() => void holder?.kill('SIGKILL'));

  const hold = async (directory: string): Promise<ChildProcess> => {
    holder = spawn(process.execPath, [HOLDER, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = holder;
    assert.ok(stdout);
    await once(stdout, 'data');
    return holder;
  };

  it('is refused while another process has it, and free again as soon as that one was killed', async () => {
    const process = await hold(at('state'));
    const lock = new DirectoryLock(at('state'));
    await assert.rejects(lock.start(), busy);
    process.kill('SIGKILL');
    await once(process, 'exit');
    await lock.start();
    await lock.stop();
  });

  it('is refused twice in one process, and free after stop', async () => {
    const [first, second] = [new DirectoryLock(at('state')), new DirectoryLock(at('state'))];
    await first.start();
    await assert.rejects(second.start(), busy);
    await second.stop();
    await assert.rejects(second.start(), busy);
    await first.stop();
    await first.stop();
    await second.start();
    await second.stop();
  });

  it('belongs to the directory, by whatever name it is called', async () => {
    await symlink(at('state'), at('other-name'));
    const first = new DirectoryLock(at('state'));
    await first.start();
    await assert.rejects(new DirectoryLock(at('other-name')).start(), busy);
    await assert.rejects(new DirectoryLock(at('state', '..', 'state')).start(), busy);
    const elsewhere = new DirectoryLock(at('state2'));
    await elsewhere.start();
    await elsewhere.stop();
    await first.stop();
  });

  it('leaves no file behind that could be stale', async () => {
    const lock = new DirectoryLock(at('deep', 'state'));
    await lock.start();
    assert.deepEqual(await readdir(at('deep', 'state')), []);
    await lock.stop();
  });
});
