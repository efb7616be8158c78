import assert from 'node:assert/strict';
import { readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filesBelow } from './make-torrent.ts';
import { seeding, Swarm, until } from './swarm.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Paths of the files that a process has open. */
async function openFiles(pid: number | undefined): Promise<string[]> {
  const directory = `/proc/${pid}/fd`;
  const fds = await readdir(directory);
  return Promise.all(fds.map(fd => readlink(join(directory, fd)).catch(() => 'closed meanwhile')));
}

describe('BtEngine transfer', () => {
  let swarm: Swarm;
  before(async () => {
    swarm = await Swarm.make();
  });
  afterEach(() => swarm.clear());
  after(() => swarm.dispose());

  it('brings a package with odd names, border pieces and empty files from one engine to another', async () => {
    const torrent = await swarm.torrent({
      empty: 0,
      '画面/第一卷: *.mxf': 1000 * KIB + 3,
      'sound?.mxf': 17,
      'sub/empty': 0,
      'zz.xml': 70 * KIB,
    });
    const seed = await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();
    const stats = await download.finalStats();
    assert.equal(stats.received, torrent.content.length);
    assert.equal(stats.wasted, 0);
    assert.equal(stats.trackerError, '');
    assert.deepEqual([...new Set(stats.peers.map(peer => peer.listenPort))], [seed.port]);
    assert.match(stats.peers[0]?.address ?? '', /^127\.0\.0\.1:\d+$/);
  });

  it('brings a package to three receivers, which also serve each other', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 2 * MIB, 'b.mxf': MIB }, { pieceLength: 32 * KIB });
    const seed = await swarm.seed(torrent);
    seed.setLimits(null, 2 * MIB);
    const downloads = await Promise.all([1, 2, 3].map(() => swarm.download(torrent)));
    await Promise.all(downloads.map(download => download.start()));
    await Promise.all(downloads.map(download => download.durable()));
    for (const download of downloads) await download.assertRight();
    const stats = await Promise.all(downloads.map(download => download.finalStats()));
    const sent = stats.reduce((sum, each) => sum + each.sent, 0);
    assert(sent > MIB / 2, `the receivers sent each other ${sent} bytes`);
  });

  it('does not read what it has: neither a seed nor the pieces of a started download', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB, 'b.mxf': MIB });
    for (const [index, file] of torrent.files.entries()) {
      await writeFile(file, Buffer.alloc(torrent.metainfo.files[index]!.length));
    }
    const seed = await swarm.seed(torrent);
    await until(() => seed.stats(torrent.infoHash)?.verified === 2 * MIB);

    const download = await swarm.download(torrent);
    await download.start([0, 1, 2, 31]);
    assert.equal(download.durableCount, 4);
    await until(() => download.stats.verified === 4 * 64 * KIB);
  });

  it('fetches only what it lacks', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB, 'b.mxf': MIB + 5 });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start([...Array(20).keys()]);
    await download.durable();
    assert.equal((await download.finalStats()).received, MIB + 5 + MIB - 20 * 64 * KIB);
  });

  it('lets go of all files when a torrent is removed, and takes it again from another place', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 2 * MIB });
    const seed = await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    const isOurs = (path: string) => path.startsWith(swarm.directory);
    assert((await openFiles(seed.pid)).some(isOurs));
    await seed.remove(torrent.infoHash);
    await seed.remove(torrent.infoHash);
    assert.deepEqual((await openFiles(seed.pid)).filter(isOurs), []);
    assert.equal(seed.stats(torrent.infoHash), undefined);

    const moved = join(dirname(torrent.torrentPath), 'moved');
    await rename(dirname(torrent.files[0]!), moved);
    await seed.add({ ...seeding(torrent), files: filesBelow(moved, torrent.metainfo) });
    await download.engine.remove(torrent.infoHash);
    const again = await swarm.download(torrent);
    await again.start();
    await again.durable();
    await again.assertRight();
  });

  it('makes durable what it has when a torrent is removed under way, and goes on from there', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 4 * MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const durable: number[] = [];
    download.engine.on('durable', ({ pieces }) => durable.push(...pieces));
    download.engine.setLimits(MIB, null);
    await download.start();
    await until(() => download.stats.verified > 0);
    await download.engine.remove(torrent.infoHash);
    const kept = [...durable];
    assert(kept.length > 0 && kept.length < 64, `${kept.length} pieces`);
    download.engine.setLimits(null, null);
    await download.start(kept);
    await download.durable();
    await download.assertRight();
    assert.equal((await download.finalStats()).received, (64 - kept.length) * 64 * KIB);
  });

  it('serves from the new place when a torrent is added again with other paths', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const seed = await swarm.seed(torrent);
    const moved = join(dirname(torrent.torrentPath), 'moved');
    await rename(dirname(torrent.files[0]!), moved);
    await Promise.all([
      seed.add({ ...seeding(torrent), files: filesBelow(moved, torrent.metainfo) }),
      seed.add({ ...seeding(torrent), files: filesBelow(moved, torrent.metainfo) }),
    ]);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();
  });

  it('warns when a seeded file is gone, goes on, and serves it when it is back', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const [file = ''] = torrent.files;
    await rename(file, `${file}.away`);
    const seed = await swarm.seed(torrent);
    const warned = new Promise<string>(resolve => seed.once('warning', ({ message }) => resolve(message)));
    const download = await swarm.download(torrent);
    await download.start();
    assert.match(await warned, /cannot be served: ENOENT/);
    await rename(`${file}.away`, file);
    await download.durable();
    await download.assertRight();
  });

  it('rejects what is not the torrent it says', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const engine = await swarm.engine();
    const infoHash = 'f'.repeat(40);
    await assert.rejects(engine.add({ ...seeding(torrent), infoHash }), { code: 'TORRENT_MISMATCH' });
    await assert.rejects(engine.add({ ...seeding(torrent), files: [] }), { code: 'TORRENT_MISMATCH' });
    await writeFile(torrent.torrentPath, 'no torrent');
    await assert.rejects(engine.add(seeding(torrent)), { code: 'TORRENT_INVALID' });
    await rm(torrent.torrentPath);
    await assert.rejects(engine.add(seeding(torrent)), { code: 'TORRENT_MISSING' });
    assert.equal(engine.stats(torrent.infoHash), undefined);
  });

  for (const { device, code } of [
    { device: '/dev/full', code: 'DISK_FULL' },
    // Writes to it succeed and syncs do not.
    { device: '/dev/null', code: 'DISK_WRITE' },
  ]) {
    it(`gives a torrent up on a disk error and reports nothing as durable (${device})`, async () => {
      const torrent = await swarm.torrent({ 'a.mxf': MIB });
      await swarm.seed(torrent);
      const { engine } = await swarm.download(torrent);
      engine.once('durable', () => assert.fail('reported as durable'));
      const failed = new Promise<string>(resolve => engine.once('failed', ({ error }) => resolve(error.code)));
      await engine.add({ ...seeding(torrent), files: [device], have: Buffer.alloc(2).toString('base64') });
      assert.equal(await failed, code);
      assert.equal(engine.have(torrent.infoHash), undefined);
    });
  }
});
