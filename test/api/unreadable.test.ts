import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { buildNode } from '../../src/daemon/node.ts';
import type { NodeComponents } from '../../src/daemon/node-parts.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { answerText, startApi, TASK } from './harness.ts';

/** Does `work` as somebody who may not read everything: root may. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('api: a task file that is there and cannot be opened', () => {
  const at = temporaryDirectory();

  it('BP-22 says so in the words of the original, whatever the reason', async () => {
    const paths = { receiverpath: at('receiver'), transferpath: at('transfer'), statepath: at('state') };
    await writeFile(at('config.json'), JSON.stringify({ servertype: 'receiver', basedatapath: at('dcp'), ...paths }));
    const config = await loadConfig(at('config.json'));
    // Nothing is fetched: there is nothing to fetch with.
    const components = { current: () => config, clock: systemClock, log: silentLog } as unknown as NodeComponents;
    const { roles, api: parts } = buildNode(components);
    const store = roles.find(({ name }) => name.startsWith('tasks in '));
    assert.ok(store);
    await store.start();
    const path = at('receiver', 'downloading', TASK);
    await writeFile(path, '{}', { mode: 0 });
    for (const directory of [at(), at('receiver'), at('receiver', 'downloading')]) await chmod(directory, 0o755);
    const api = await startApi({ ...parts, serverType: 'receiver' });
    try {
      await asNobody(async () => {
        const text = await api.text('/progress', 'progress', { taskfile: TASK });
        const desc = `open dir error:open ${path} : no such file or directory`;
        assert.equal(text, answerText('progress', false, { desc, code: 'TASK_FILE_MISSING' }));
      });
    } finally {
      await api.stop();
      await store.stop();
    }
  });
});
