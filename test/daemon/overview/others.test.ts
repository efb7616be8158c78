import assert from 'node:assert/strict';
import type { TorrentView } from '../../../src/api/torrents.ts';
import { othersOf } from '../../../src/daemon/overview/others.ts';
import { Ledger } from '../../../src/transfer/ledger.ts';
import { ManualClock } from '../../manual-clock.ts';
import { temporaryDirectory } from '../../temporary-directory.ts';

describe('daemon: the nodes that tasks meet', () => {
  const at = temporaryDirectory();
  const PEER = '192.0.2.7:6881';
  const CDN = 'cdn.example:80';

  it('are told apart by address and method, over all tasks; peers by where they listen', async () => {
    const ledgers = [];
    for (const name of ['a', 'b']) {
      const ledger = await Ledger.open(at(name), new ManualClock(), { path: () => '', size: () => undefined });
      ledger.meters.cdn.add(CDN, 1000);
      ledgers.push(ledger);
    }
    ledgers[0]?.meters.bt.add(PEER, 500);
    ledgers[0]?.meters.bt.waste(PEER, 20);
    const moved = { down: 0, up: 0 };
    const peers = [
      { address: '192.0.2.7:40000', source: PEER, pieces: 1, rates: { down: 9, up: 1 }, moved },
      { address: '192.0.2.8:1', pieces: 0, rates: { down: 0, up: 3 }, moved },
    ];
    const others = othersOf(ledgers, [{ peers } as unknown as TorrentView]);
    assert.deepEqual(others, [
      { address: CDN, method: 'cdn', tasks: 2, received: 2000, wasted: 0, downrate: 2000, uprate: 0 },
      { address: PEER, method: 'bt', tasks: 1, received: 500, wasted: 20, downrate: 9, uprate: 1 },
      { address: '192.0.2.8:1', method: 'bt', tasks: 1, received: 0, wasted: 0, downrate: 0, uprate: 3 },
    ]);
    for (const ledger of ledgers) await ledger.close();
  });
});
