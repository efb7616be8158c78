import assert from 'node:assert/strict';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { parseConfig } from '../../src/config/load.ts';
import { diskFree, ReadinessCheck } from '../../src/daemon/readiness.ts';
import { RECEIVING } from '../../src/queue/states.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('daemon: whether it is ready', () => {
  const at = temporaryDirectory();
  const engine = { downMs: 0 };
  let isForeign = false;
  let reserve = 0;
  const config = () => {
    const paths = Object.fromEntries(
      ['basedatapath', 'transferpath', 'statepath', 'receiverpath', 'senderpath'].map(key => [key, at(key)]),
    );
    return parseConfig(JSON.stringify({ servertype: 'receiver', ...paths, reserve }), 'config.json');
  };
  beforeEach(async () => {
    [engine.downMs, isForeign, reserve] = [0, false, 0];
    for (const key of ['basedatapath', 'transferpath', 'statepath']) await mkdir(at(key));
    for (const state of RECEIVING) await mkdir(at(`receiverpath/${state}`), { recursive: true });
  });
  const look = async () => {
    // A sleep of this clock hangs until it is let go: no disk here takes long.
    const clock = new ManualClock();
    clock.onHang = () => undefined;
    const check = new ReadinessCheck({ config, clock, engine, isTableForeign: () => isForeign });
    const [{ reasons, warnings }, same] = await Promise.all([check.look(), check.look()]);
    assert.equal(same.reasons, reasons);
    for (const { desc, next } of [...reasons, ...warnings])
      assert.ok(!desc.includes(at()) && next !== '', `${desc} is for anybody`);
    return { reasons: reasons.map(({ code, desc }) => `${code} ${desc}`), warnings: warnings.map(({ code }) => code) };
  };

  it('is, with all directories there, room and an engine', async () => {
    assert.deepEqual(await look(), { reasons: [], warnings: [] });
  });

  it('is not with a directory gone (faults 30), which is named by its key', async () => {
    await rm(at('transferpath'), { recursive: true });
    assert.deepEqual((await look()).reasons, [
      'DISK_WRITE the directory of "transferpath" cannot be written, or does not answer',
    ]);
  });

  it('is not with a queue gone: no task could be taken', async () => {
    await rm(at('receiverpath/queues'), { recursive: true });
    assert.deepEqual((await look()).reasons, [
      'DISK_WRITE "queues" in the directory of "receiverpath" cannot be written, or does not answer',
    ]);
  });

  it('is not with less room than is kept free', async () => {
    reserve = Number.MAX_SAFE_INTEGER;
    const { reasons } = await look();
    assert.equal(reasons.length, 3);
    for (const [index, key] of ['basedatapath', 'transferpath', 'statepath'].entries())
      assert.match(reasons[index] ?? '', new RegExp(`^DISK_FULL .* are free on the disk of "${key}"; "reserve" is `));
  });

  it('is while the engine is started again, and not when that takes long', async () => {
    engine.downMs = 29_000;
    assert.deepEqual((await look()).reasons, []);
    engine.downMs = 30_000;
    assert.match((await look()).reasons.join(), /^BT_ENGINE_DOWN /);
  });

  it('is with a hash table of another node, which is to be seen to', async () => {
    isForeign = true;
    assert.deepEqual(await look(), { reasons: [], warnings: ['HASHTABLE_FOREIGN'] });
  });

  it('knows the room on each disk, and passes over one that is gone', async () => {
    await rm(at('basedatapath'), { recursive: true });
    const free = await diskFree(config());
    assert.deepEqual(
      free.map(({ path }) => path),
      ['transfer', 'state'],
    );
    const { blocks, bsize } = await statfs(at());
    for (const { bytes } of free) assert.ok(bytes > 0 && bytes < blocks * bsize);
  });
});
