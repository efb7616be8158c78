import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock.ts';
import { Meter } from '../../../src/transfer/meter.ts';
import { FetchAccounts } from '../../../src/transports/bt/fetch-accounts.ts';
import type { TorrentStats } from '../../../src/transports/bt/protocol.ts';

const counted = (received: number, wasted: number, blamed: Record<string, number> = {}) =>
  ({ receivedFrom: { 'a:1': received }, wasted, blamed }) as unknown as TorrentStats;

describe('FetchAccounts', () => {
  it('count what comes in while they look, not what the engine had counted before', () => {
    const meter = new Meter(systemClock);
    const first = new FetchAccounts(meter);
    first.look(counted(100, 0));
    first.close(counted(150, 30, { 'a:1': 10 }));
    const second = new FetchAccounts(meter, counted(150, 30, { 'a:1': 10 }));
    second.close(counted(200, 40, { 'a:1': 15 }));
    assert.deepEqual([meter.received, meter.wasted], [200, 40]);
  });

  it('count nothing twice when they are closed twice', () => {
    const meter = new Meter(systemClock);
    const accounts = new FetchAccounts(meter);
    for (let time = 0; time < 2; time++) accounts.close(counted(100, 30, { 'a:1': 10 }));
    assert.deepEqual([meter.received, meter.wasted], [100, 30]);
  });
});
