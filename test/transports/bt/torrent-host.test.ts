import assert from 'node:assert/strict';
import { TorrentHost } from '../../../src/transports/bt/engine/torrent-host.ts';
import type { EngineTorrent, FromEngine } from '../../../src/transports/bt/protocol.ts';
import { seeding, Swarm } from './swarm.ts';

describe('TorrentHost', () => {
  it('that stops opens none of the torrents that wait for their turn', async () => {
    const swarm = await Swarm.make();
    const said: string[] = [];
    const begun = Promise.withResolvers<void>();
    const send = ({ type }: FromEngine) => {
      said.push(type);
      if (type === 'opening') begun.resolve();
    };
    const torrents: EngineTorrent[] = [];
    for (let count = 0; count < 20; count++) torrents.push(seeding(await swarm.torrent({ a: 1000 }, { announce: [] })));
    const options = { port: 0, peers: 1, pex: false, dht: false, lsd: false };
    const host = new TorrentHost({ send, onFatal: begun.reject }, options);
    for (const torrent of torrents) host.handle({ type: 'add', torrent });
    await begun.promise;
    await host.stop();
    await swarm.dispose();
    assert(said.filter(type => type === 'opening').length <= 2);
    assert(!said.includes('added') && !said.includes('failed'));
  });
});
