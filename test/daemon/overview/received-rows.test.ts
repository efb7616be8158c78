import assert from 'node:assert/strict';
import type { Activity } from '../../../src/roles/activity.ts';
import { ReceivedRows, type ReceivedRowsComponents } from '../../../src/daemon/overview/received-rows.ts';
import { SteppedClock } from '../../stepped-clock.ts';
import { realTask } from '../../task/examples.ts';

const FILM = 'cfec-001-film.task.json';

describe('daemon/overview: rows of what is received', () => {
  /** A task in downloading whose ledger is not open. */
  const status = async (activity: Partial<Activity>) => {
    const card = { task: realTask(), listed: { bt: 10 }, info: { mtimeMs: 1 } };
    const cards = { of: (state: string) => Promise.resolve(new Map(state === 'downloading' ? [[FILM, card]] : [])) };
    const still = { failure: undefined, hasGivenUp: false, nextTry: undefined, isWaiting: false, isPlacing: false };
    const rows = new ReceivedRows(
      {
        tasks: { cards, list: () => Promise.resolve([]) },
        activity: () => ({ ...still, item: {}, ...activity }),
        ledgerOf: () => undefined,
        isPaused: () => false,
        limit: () => 1,
        clock: new SteppedClock(0),
      } as unknown as ReceivedRowsComponents,
      { isCacher: false },
    );
    return (await rows.rows(FILM)).map(({ row }) => row.status);
  };

  it('what begins is not said to be verified before its ledger is open; what is put together is, also after a start', async () => {
    assert.deepEqual(await status({}), ['transferring']);
    assert.deepEqual(await status({ isPlacing: true }), ['verifying']);
  });
});
