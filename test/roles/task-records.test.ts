import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { TaskRecords } from '../../src/roles/task-records.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-film.task.json';
const KEYS = { accessKey: 'EXAMPLEKEY', secretKey: 'EXAMPLESECRET', endpoint: 'obs.example.invalid' };

describe('records of tasks that a disk or a hand damaged (fault 11)', () => {
  const at = temporaryDirectory();
  let records: TaskRecords;
  beforeEach(() => {
    records = new TaskRecords(at('state'), 'sent');
  });
  const making = (name: string) => ({
    request: {
      dcppath: at(name),
      taskfile: at(`${name}.task.json`),
      basesubdir: 'cfec-001',
      btobscdn: '1:1:1',
      policy: 'fulltime',
      deloldtorrent: false,
    },
    thenSend: true,
  });

  it('what gentask was asked for: the bad ones are set aside and named in the log, the good ones go on', async () => {
    await records.saveMaking(making('film'));
    await records.saveMaking({ ...making('other'), isMade: true });
    const { request: _, ...shapeless } = making('third');
    const bad = { torn: '{ "request": ', wrong: JSON.stringify(shapeless), empty: '', null: 'null' };
    for (const [name, text] of Object.entries(bad)) await writeFile(at('state', 'makings', `${name}.json`), text);
    await mkdir(at('state', 'makings', 'directory.json'));
    const logged: string[] = [];
    const log = Object.assign(Object.create(silentLog) as Logger, {
      error: (_: object, text: string) => logged.push(text),
    });
    const made = await records.makings(log);
    assert.deepEqual(made.map(({ request }) => request.taskfile).toSorted(), [
      at('film.task.json'),
      at('other.task.json'),
    ]);
    const aside = (await readdir(at('state', 'makings'))).filter(name => name.endsWith('.bad')).toSorted();
    assert.deepEqual(
      aside,
      ['directory', 'empty', 'null', 'torn', 'wrong'].map(name => `${name}.json.bad`),
    );
    assert.equal(logged.length, 5);
    assert.equal((await records.makings(log)).length, 2);
    assert.equal(logged.length, 5);
  });

  it('its access keys: the task says so, and nothing of the file is told', async () => {
    const task = { ...realTask(), gentime: '2026-01-02 03:04:05' };
    await records.saveObsKeys(NAME, task, KEYS);
    assert.deepEqual(await records.obsKeys(NAME, task), KEYS);
    const path = join(records.directory(NAME, task), 'obs-keys-20260102030405.json');
    for (const text of [JSON.stringify(KEYS).slice(0, -3), '{"accessKey":EXAMPLEKEY}', '[]', '{}']) {
      await writeFile(path, text);
      await assert.rejects(records.obsKeys(NAME, task), (error: Error & { code: string }) => {
        assert.equal(error.code, 'OBS_CREDENTIALS');
        assert.ok(error.message.startsWith(`${path} cannot be read: `), error.message);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /EXAMPLE/);
        return true;
      });
    }
    await records.dropObsKeys(NAME, task);
    assert.equal(await records.obsKeys(NAME, task), undefined);
  });

  it('what its package was: the task is not offered', async () => {
    const files = [{ path: 'a.mxf', size: 4, mtimeMs: 1.5, ino: 7 }];
    await records.saveSource(NAME, realTask(), files);
    assert.deepEqual(await records.source(NAME, realTask()), files);
    const path = join(records.directory(NAME, realTask()), 'source.json');
    for (const text of ['[{', '{}', '[{"path":"a.mxf"}]']) {
      await writeFile(path, text);
      await assert.rejects(records.source(NAME, realTask()), { code: 'SOURCE_UNREADABLE' });
    }
    assert.deepEqual(await records.source('cfec-001-other.task.json', realTask()), []);
  });
});
