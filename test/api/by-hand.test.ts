import assert from 'node:assert/strict';
import { access, readdir, writeFile } from 'node:fs/promises';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { loadConfig } from '../../src/config/load.ts';
import { buildNode } from '../../src/daemon/node.ts';
import type { NodeComponents } from '../../src/daemon/node-parts.ts';
import { SeenRates } from '../../src/roles/seen-rates.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Api, startApi, TASK } from './harness.ts';

describe('api: a task file that somebody is still writing into queues (decision 16)', () => {
  const at = temporaryDirectory();

  /** Only what answers runs: nothing takes the file in. */
  async function halfWritten(servertype: 'sender' | 'receiver' | 'cacher', side: string, work: (api: Api) => unknown) {
    const urls = { senderdomain: 'http://127.0.0.1', cdnurl: 'http://127.0.0.1' };
    const paths = { receiverpath: at('receiver'), senderpath: at('sender'), transferpath: at('transfer') };
    const more = { servertype, basedatapath: at('dcp'), statepath: at('state') };
    await writeFile(at('config.json'), JSON.stringify({ ...more, ...urls, ...paths }));
    const config = await loadConfig(at('config.json'));
    // Nothing is fetched: there is nothing to fetch with.
    const parts = { clock: systemClock, log: silentLog };
    const seenRates = new SeenRates(parts, at('state', 'rates.json'));
    const components = { current: () => config, ...parts, seenRates } as unknown as NodeComponents;
    const { roles, api: answers } = buildNode(components);
    const stores = roles.filter(({ name }) => name.startsWith('tasks in '));
    for (const store of stores) await store.start();
    await writeFile(at(side, 'queues', TASK), '{ "name": ');
    const api = await startApi({ ...answers, serverType: servertype });
    try {
      await work(api);
    } finally {
      await api.stop();
    }
    assert.deepEqual(await readdir(at(side, 'corrupt')), []);
  }

  it('BP-24: waits, says progress', async () => {
    await halfWritten('receiver', 'receiver', async api => {
      const text = await api.text('/progress', 'progress', { taskfile: TASK });
      assert.match(text, /"return_status":"false",.*"status":"queues","desc":"task in queues, no progress now."/);
      await access(at('receiver', 'queues', TASK));
    });
  });

  it('is looked at by cprogress and showschedules without being touched', async () => {
    await halfWritten('cacher', 'receiver', async api => {
      assert.match(await api.text('/progress', 'cprogress', { taskfile: TASK }), /"return_status":"true"/);
      assert.equal((await api.send({ path: '/showschedules' })).status, 200);
      await access(at('receiver', 'queues', TASK));
    });
  });

  it('BU-07: waits, says uploadprogress', async () => {
    await halfWritten('sender', 'sender', async api => {
      const text = await api.text('/uploadprogress', 'uploadprogress', { taskfile: TASK });
      assert.match(text, /"status":"queues","desc":""/);
      await access(at('sender', 'queues', TASK));
    });
  });

  it('goes when it is cancelled (BX rows)', async () => {
    for (const [role, side] of [
      ['receiver', 'receiver'],
      ['sender', 'sender'],
    ] as const) {
      await halfWritten(role, side, async api => {
        assert.match(await api.text('/cancel', 'cancel', { taskfile: TASK }), /"return_status":"true"/);
        assert.deepEqual(await readdir(at(side, 'queues')), []);
      });
    }
  });
});
