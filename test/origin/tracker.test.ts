import assert from 'node:assert/strict';
import bencode from 'bencode';
import { Tracker } from '../../src/origin/tracker.ts';
import { type Listening, startListening } from '../listening.ts';
import { send } from '../raw-request.ts';

const INFO_HASH = '%12%34%56%78%9a%bc%de%f0%12%34%56%78%9a%bc%de%f0%12%34%56%78';

describe('origin: the embedded tracker', () => {
  let tracker: Listening;
  before(async () => {
    tracker = await startListening(log => new Tracker({ log }, { host: '127.0.0.1', port: 0 }));
  });
  after(() => tracker.stop());

  const announce = async (peer: string, port: number, left: number) => {
    const query = `info_hash=${INFO_HASH}&peer_id=${peer.padEnd(20, 'x')}&port=${port}&uploaded=0&downloaded=0&left=${left}`;
    const { status, body } = await send(tracker.port, { path: `/announce?${query}&compact=1&event=started` });
    assert.equal(status, 200);
    return bencode.decode(body) as { peers?: Uint8Array; interval?: number; complete?: number; incomplete?: number };
  };

  it('names the peers of a torrent to each other', async () => {
    await announce('seed', 6001, 0);
    const answer = await announce('leech', 6002, 1000);
    const peers = Buffer.from(answer.peers ?? []).toString('hex');
    assert.ok(peers.includes(`7f000001${(6001).toString(16)}`), peers);
    assert.deepEqual([answer.complete, answer.incomplete], [1, 1]);
  });

  it('asks peers to come again within two minutes, so that a restarted tracker knows the swarm soon', async () => {
    const { interval = 0 } = await announce('seed', 6001, 0);
    assert.ok(interval > 0 && interval <= 120, String(interval));
  });

  it('survives what is no announce', async () => {
    for (const path of ['/announce', '/announce?info_hash=short', '/scrape?info_hash=%', '/nothing']) {
      await send(tracker.port, { path });
    }
    await announce('seed', 6001, 0);
    assert.deepEqual(tracker.errors, []);
  });

  it('stops, and twice', async () => {
    await tracker.stop();
    await tracker.stop();
    await assert.rejects(send(tracker.port, { path: '/announce' }), { code: 'ECONNREFUSED' });
  });
});
