import assert from 'node:assert/strict';
import { BftError } from '../../src/core/errors.ts';
import { type Api, startApi, TASK } from './harness.ts';

describe('api: /limits', () => {
  let api: Api;
  const given: unknown[] = [];
  before(async () => {
    api = await startApi({
      limit: async (name, limits) => {
        if (name !== TASK) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
        given.push(limits);
        return { down: 7, up: 0, ...limits };
      },
    });
  });
  after(() => api.stop());
  const ask = (params: object) => api.ask('/limits', 'limits', { taskfile: TASK, ...params });

  it('sets what is given and leaves the rest to the configuration; says what is in force', async () => {
    const answer = await ask({ downlimit: 1000 });
    assert.deepEqual(answer.return_content, { desc: 'succeed!', downlimit: 1000, uplimit: 0 });
    await ask({ downlimit: '2000', uplimit: '' });
    await ask({ uplimit: 0 });
    await ask({});
    assert.deepEqual(given, [{ down: 1000 }, { down: 2000 }, { up: 0 }, {}]);
  });

  it('refuses what is no rate, and a task that it does not have', async () => {
    for (const downlimit of [-1, 1.5, '1M', '-1', null, [], true]) {
      const { return_status: status, return_content: content } = await ask({ downlimit });
      assert.deepEqual([status, content.code], ['false', 'PARAMETER_INVALID'], JSON.stringify(downlimit));
    }
    const unknown = await api.ask('/limits', 'limits', { taskfile: 'cfec-001-other.task.json' });
    assert.deepEqual(unknown.return_content, { desc: 'unknown task, not found task.', code: 'TASK_UNKNOWN' });
  });
});
