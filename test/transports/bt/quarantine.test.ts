import assert from 'node:assert/strict';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Quarantine } from '../../../src/transports/bt/quarantine.ts';
import { makeFifo } from '../../temporary-directory.ts';
import { seeding, Swarm } from './swarm.ts';

describe('Quarantine', () => {
  it('opens suspects one at a time, and shuts away only the one with which engines go on ending', () => {
    const quarantine = new Quarantine();
    const opening = ['good', 'bad'];
    for (const each of opening) quarantine.opening(each);
    assert.deepEqual(quarantine.engineEnded(), []);
    assert.deepEqual(
      [quarantine.mayOpen('good'), quarantine.mayOpen('bad'), quarantine.mayOpen('new')],
      [true, false, true],
    );
    quarantine.opening('good');
    quarantine.settled('good');
    for (const shut of [[], ['bad']]) {
      assert(quarantine.mayOpen('bad'));
      quarantine.opening('bad');
      assert.deepEqual(quarantine.engineEnded(), shut);
    }
  });

  it('keeps a torrent with which three engines ended from the fourth, which serves the others', async () => {
    const swarm = await Swarm.make();
    try {
      const engine = await swarm.engine();
      const [good, bad] = [await swarm.torrent({ a: 1000 }), await swarm.torrent({ a: 1000 })];
      await engine.add(seeding(good));
      // Opening it takes until the other end of the pipe is closed.
      const pipe = join(swarm.directory, 'pipe');
      await makeFifo(pipe);
      const adding = engine.add({ ...seeding(bad), torrentPath: pipe });
      const refused = assert.rejects(adding, { code: 'TORRENT_INVALID', message: /again and again/ });
      for (let end = 0; end < 3; end++) {
        const writer = await open(pipe, 'w');
        const gone = once(engine, 'restarted');
        process.kill(engine.pid!, 'SIGKILL');
        await writer.close();
        await gone;
      }
      await refused;
      await engine.add(seeding(good));
      assert.equal(engine.list().length, 1);
    } finally {
      await swarm.dispose();
    }
  });
});
