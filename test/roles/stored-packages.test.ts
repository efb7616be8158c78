import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { BftError, notThere } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { StoredPackages } from '../../src/roles/stored-packages.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';
const OTHER = 'zone-film.task.json';

describe('roles: deleting a received package', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  let config: Config;
  let forgotten: string[];
  let refuseSent: () => Promise<void>;
  const item = (name: string, task: TaskFile) =>
    new TransferItem(
      name,
      task,
      { packagePath: at('dcp', task.name), transferPath: at('dcp/transfer') },
      { full: undefined, tmp: undefined },
    );
  const film = (name = 'film', finishedtime = '2026-11-21 12:00:00') => ({ ...realTask(), name, finishedtime });
  const packages = () => {
    const avoidRepeat = { forget: async ({ name }: TransferItem) => void forgotten.push(name) };
    return new StoredPackages({ store, avoidRepeat, item, refuseSent: () => refuseSent() }, () => config);
  };
  const remove = (task: TaskFile = film()) => packages().remove(item(FILM, task));
  const isThere = (...path: string[]) => access(at(...path)).then(() => true, notThere);
  beforeEach(async () => {
    forgotten = [];
    refuseSent = () => Promise.resolve();
    const paths = { basedatapath: at('dcp'), transferpath: at('dcp/transfer') };
    await writeFiles(at(), { 'config.json': JSON.stringify({ servertype: 'receiver', ...paths }) });
    config = await loadConfig(at('config.json'));
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    await store.submit('downloaded', FILM, film());
    await writeFiles(at('dcp'), { 'film/a.mxf': 'a', 'film/sub/b.mxf': 'b', 'film.finished': '', 'next/a.mxf': 'a' });
  });

  it('removes package, mark and rows, nothing beside them, and can be done again', async () => {
    await writeFiles(at('dcp/transfer/deleted/cfec-001/film'), { 'left by a crash': '' });
    await remove();
    await remove();
    assert.deepEqual((await readdir(at('dcp'))).sort(), ['next', 'transfer']);
    assert.deepEqual(await readdir(at('dcp/transfer/deleted/cfec-001')), []);
    assert.deepEqual(forgotten, [FILM, FILM]);
  });

  it('follows no link: neither one that stands for the package nor one inside it (hostile input 6)', async () => {
    await writeFiles(at('elsewhere'), { precious: 'yes' });
    await symlink(at('elsewhere'), at('dcp/film/link'));
    await remove();
    await symlink(at('elsewhere'), at('dcp/film'));
    await assert.rejects(remove(), { code: 'NAME_UNSAFE', message: /symbolic link/ });
    assert.equal(await readFile(at('elsewhere/precious'), 'utf8'), 'yes');
  });

  it('does not touch what is no package: directories of the node, the storage, what lies outside', async () => {
    await mkdir(at('dcp/transfer/bt'), { recursive: true });
    for (const name of ['transfer', 'transfer/..', '../receiver', 'film/../..']) {
      await assert.rejects(remove(film(name)), { code: 'NAME_UNSAFE', message: /is no place of a package/ }, name);
    }
    assert.equal(await isThere('dcp/transfer/bt'), true);
  });

  it('refuses while another task has the place: one at work, one that is listed, one that ended later (BN-004)', async () => {
    for (const [state, finishedtime] of [
      ['queues', ''],
      ['downloading', ''],
      ['downloaded', '2026-11-01 12:00:00'],
      ['history', '2026-11-21 12:00:01'],
    ] as const) {
      await store.submit(state, OTHER, film('film', finishedtime));
      await assert.rejects(remove(), { code: 'TASK_EXISTS', message: new RegExp(`also that of ${OTHER} in ${state}`) });
      await store.remove(state, OTHER);
    }
    assert.equal(await isThere('dcp/film.finished'), true);
    await store.submit('history', OTHER, film('film', '2026-11-21 11:59:59'));
    await store.submit('downloading', 'zone-next.task.json', film('next', ''));
    await remove();
    assert.equal(await isThere('dcp/film'), undefined);
  });

  it('refuses while this node sends it', async () => {
    refuseSent = () => Promise.reject(new BftError('TASK_EXISTS', 'this node is sending the package'));
    await assert.rejects(remove(), { code: 'TASK_EXISTS' });
    assert.equal(await isThere('dcp/film/a.mxf'), true);
  });

  it('what was cut short is nothing to outsiders, and is removed with the working data', async () => {
    await rename(at('dcp/film'), at('moved'));
    await mkdir(at('dcp/transfer/deleted/cfec-001'), { recursive: true });
    await rename(at('moved'), at('dcp/transfer/deleted/cfec-001/film'));
    await remove();
    assert.deepEqual(await readdir(at('dcp/transfer/deleted/cfec-001')), []);
  });
});
