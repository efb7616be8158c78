import assert from 'node:assert/strict';
import { BftError } from '../../src/core/errors.ts';
import { ServedTasks } from '../../src/transfer/served-tasks.ts';
import type { TransferItem } from '../../src/transfer/item.ts';
import type { Transport } from '../../src/transfer/transport.ts';

describe('transfer: what is served by window as well (decision 25)', () => {
  const inner: Transport = {
    method: 'bt',
    publish: async () => {},
    withdraw: async () => {},
    fetch: async () => {},
    status: async () => ({ state: 'available' }),
  };
  const item = { name: 'cfec-001-film.task.json', task: { policy: 'priortime' } } as unknown as TransferItem;
  const never = new AbortController().signal;

  it('knows a task from its publishing, or its fetching, until it is withdrawn', async () => {
    const served = new ServedTasks();
    const bt = served.noting(inner);
    const isClosed = () => served.isClosed(item.name, task => task === item.task);
    for (const begin of [() => bt.publish(item, never), () => bt.fetch(item, [], {} as never, never)]) {
      assert.equal(isClosed(), false);
      await begin();
      assert.equal(isClosed(), true);
      await bt.withdraw(item);
    }
    assert.equal(isClosed(), false);
  });

  it('serves at any time what has hours that cannot be read', async () => {
    const served = new ServedTasks();
    await served.noting(inner).publish(item, never);
    const unreadable = () => {
      throw new BftError('TASK_FILE_INVALID', 'no hours');
    };
    assert.equal(served.isClosed(item.name, unreadable), false);
  });
});
