import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeTorrent, sha1 } from './make-torrent.ts';
import { Download, Swarm } from './swarm.ts';

const KIB = 1024;

describe('BtEngine transfer', () => {
  let swarm: Swarm;
  beforeEach(async () => {
    swarm = await Swarm.make();
  });
  afterEach(() => swarm.dispose());

  it('brings a package with odd names, borders and empty files from one engine to another', async () => {
    const torrent = await makeTorrent({
      directory: swarm.directory,
      name: '影片: 第一部?',
      pieceLength: 64 * KIB,
      announce: swarm.announce,
      sizes: { empty: 0, '画面/第一卷: *.mxf': 1000 * KIB + 3, 'sound?.mxf': 17, 'sub/empty': 0, 'zz.xml': 70 * KIB },
    });
    await swarm.seed(torrent);
    const download = new Download(await swarm.engine(), torrent, join(swarm.directory, 'received'));
    await download.start();
    await download.durable();
    assert.equal(sha1(await download.content()), sha1(torrent.content));
  });
});
