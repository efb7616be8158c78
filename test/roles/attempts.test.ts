import assert from 'node:assert/strict';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { loadConfig } from '../../src/config/load.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { Attempts } from '../../src/roles/attempts.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-film.task.json';
const FIVE_MINUTES = 300_000;
const never = new AbortController().signal;

describe('roles/attempts (BE-22, C-36, decision 15)', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  let clock: ManualClock;
  let attempts: Attempts<ReceivingState>;

  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    await writeFile(store.path('downloading', NAME), '{}');
    await writeFile(at('config.json'), '{"servertype":"receiver"}');
    const config = await loadConfig(at('config.json'));
    clock = new ManualClock();
    attempts = new Attempts({ store, clock, log: silentLog }, { state: 'downloading', suffix: '.err' }, () => config);
  });

  const fails = () =>
    Promise.reject(new BftError('SOURCE_REFUSES', 'http://127.0.0.1/x answered 404', { permanent: true }));
  const beside = (suffix: string) => readFile(at('receiver', 'downloading', `cfec-001-film${suffix}`), 'utf8');

  it('tries five times, five minutes apart, then gives up and says why beside the task', async () => {
    let tries = 0;
    await attempts.run(NAME, never, () => (tries++, fails()));
    assert.equal(tries, 5);
    assert.deepEqual(
      clock.sleeps,
      Array.from({ length: 4 }, () => FIVE_MINUTES),
    );
    assert.equal(attempts.failure(NAME)?.code, 'SOURCE_REFUSES');
    assert.match(await beside('.err'), /try 5: SOURCE_REFUSES http:\/\/127\.0\.0\.1\/x answered 404\n.+/);
    assert.equal((await beside('.errhistory')).split('\n').length - 1, 5);
  });

  it('tries once what is wrong with the task file itself: no later try mends it', async () => {
    for (const code of ['TASK_FILE_INVALID', 'SIZES_DIFFER', 'NAME_UNSAFE', 'RATIO_INVALID'] as const) {
      await attempts.run(NAME, never, () => Promise.reject(new BftError(code, 'wrong')));
      assert.equal(attempts.failure(NAME)?.code, code);
    }
    assert.deepEqual(clock.sleeps, []);
    assert.match(await beside('.err'), /try 1: RATIO_INVALID wrong\n.+/);
  });

  it('forgets the failure when a try succeeds', async () => {
    let tries = 0;
    await attempts.run(NAME, never, () => (tries++ === 0 ? fails() : Promise.resolve()));
    assert.equal(attempts.failure(NAME), undefined);
    await assert.rejects(beside('.err'), { code: 'ENOENT' });
    await assert.rejects(beside('.errhistory'), { code: 'ENOENT' });
  });

  it('goes on when the failure cannot be written down', async () => {
    let tries = 0;
    await attempts.run(NAME, never, async () => {
      tries += 1;
      // A directory stands where the .err belongs.
      await mkdir(store.sidecar('downloading', NAME, '.err'), { recursive: true });
      await fails();
    });
    assert.equal(tries, 5);
    assert.equal(attempts.failure(NAME)?.code, 'SOURCE_REFUSES');
  });

  it('an abort ends the wait', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    clock.onHang = () => controller.abort(reason);
    await assert.rejects(attempts.run(NAME, controller.signal, fails), reason);
  });

  it('a task that was moved to corrupt/ meanwhile is not tried again', async () => {
    await attempts.run(NAME, never, async () => {
      await rename(store.path('downloading', NAME), at('receiver', 'corrupt', NAME));
      await fails();
    });
    assert.deepEqual(clock.sleeps, []);
  });
});
