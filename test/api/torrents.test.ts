import assert from 'node:assert/strict';
import type { TorrentView } from '../../src/api/torrents.ts';
import { startApi } from './harness.ts';

const MIB = 1024 * 1024;

const torrent = (changes: Partial<TorrentView> = {}): TorrentView => ({
  name: 'cfec-001-xiaofang.task.json',
  infoHash: 'ab'.repeat(20),
  startedAt: Date.UTC(2021, 4, 28, 14, 32, 26),
  connected: { seeds: 1, leechers: 2 },
  known: { seeds: 3, leechers: 9 },
  connecting: 4,
  bytes: 999_999,
  size: 1_000_000,
  pieces: 1000,
  available: 879,
  rates: { down: 20 * MIB, up: 9999 },
  moved: { down: 300, up: 20 },
  limits: { down: 30 * MIB, up: null },
  peers: [{ address: '192.0.2.7:2706', pieces: 999, rates: { down: 0, up: 1 }, moved: { down: 0, up: 20 } }],
  trackerError: '',
  ...changes,
});

async function rows(...torrents: TorrentView[]): Promise<unknown> {
  const api = await startApi({ torrents: () => torrents });
  try {
    const { status, text } = await api.send({ method: 'GET', path: '/api/v1/torrents' });
    assert.equal(status, 200);
    return (JSON.parse(text) as { torrents: unknown }).torrents;
  } finally {
    await api.stop();
  }
}

describe('GET /api/v1/torrents', () => {
  it('is empty when the engine has nothing (BV-005, T-008)', async () => {
    assert.deepEqual(await rows(), []);
  });

  it('has a row per torrent with peers, percent, availability, rates, totals and limits (T-004, T-005, BE-24)', async () => {
    assert.deepEqual(await rows(torrent()), [
      {
        name: 'cfec-001-xiaofang.task.json',
        infohash: 'ab'.repeat(20),
        started: '2021-05-28T14:32:26.000Z',
        seeds: { connected: 1, total: 3 },
        leechers: { connected: 2, total: 9 },
        connecting: 4,
        size: 1_000_000,
        percent: 99,
        available: 87,
        downrate: 20 * MIB,
        downspeed: '20 M/s',
        uprate: 9999,
        upspeed: '9999 B/s',
        downloaded: 300,
        uploaded: 20,
        downlimit: 30 * MIB,
        uplimit: null,
        trackererror: '',
        peers: [
          {
            address: '192.0.2.7:2706',
            percent: 99,
            downrate: 0,
            downspeed: '',
            uprate: 1,
            upspeed: '1 B/s',
            downloaded: 0,
            uploaded: 20,
          },
        ],
      },
    ]);
  });

  it('says of what is complete that all of it is available, and nothing of what the tracker has not counted (T-004)', async () => {
    const found = (await rows(torrent({ bytes: 1_000_000, available: 0, known: null }))) as Record<string, unknown>[];
    const { percent, available, seeds, leechers } = found[0] ?? {};
    assert.deepEqual({ percent, available }, { percent: 100, available: 100 });
    assert.deepEqual(
      [seeds, leechers],
      [
        { connected: 1, total: null },
        { connected: 2, total: null },
      ],
    );
  });
});
