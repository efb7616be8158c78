import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import { clockTicks } from '../../src/core/ticks.ts';
import { silentLog } from '../../src/core/log.ts';
import { buildTransports } from '../../src/daemon/transports.ts';
import { HostileServer, serve } from '../transports/http/hostile-server.ts';
import { randomFiles, SamplePackage } from '../transports/sample-package.ts';

const never = new AbortController().signal;

describe('daemon: addresses of received tasks (hostile input 11)', () => {
  it('allowhosts holds for torrents, signed lists and files, and a change of it counts at once', async () => {
    let config = parseConfig('{"servertype":"receiver"}', 'test');
    const allow = (allowhosts: string) => (config = { ...config, allowhosts });
    const built = buildTransports(
      () => config,
      systemClock,
      silentLog,
      clockTicks(systemClock),
      () => {},
      () => ({}),
      () => Promise.resolve(false),
    );
    const server = new HostileServer();
    await server.start();
    const sample = await SamplePackage.make({ shares: { cdn: randomFiles({ 'reel.mxf': 1000 }), obs: {} } });
    try {
      server.behave = (res, asked) =>
        asked.path === '/reel.mxf'
          ? serve(res, sample.files['reel.mxf'] ?? Buffer.alloc(0), asked)
          : void res.end('document');
      sample.task.cdn.url = server.url;
      sample.task.obs.signedlist = `${server.url}/list`;
      const item = sample.received();
      const ledger = await sample.ledger(item);
      const extents = [item.manifest.extent('reel.mxf')];

      allow('cdn.example');
      const refusal = { code: 'ADDRESS_REFUSED', permanent: true };
      await assert.rejects(built.download(`${server.url}/film.torrent`, 100, never), refusal);
      await assert.rejects(built.transports.cdn.fetch(item, extents, ledger, never), refusal);
      const stop = new AbortController();
      const listed = built.transports.obs.fetch(item, extents, ledger, stop.signal);
      listed.catch(() => undefined);
      while (!ledger.noticeOf('obs')) await new Promise(resolve => setImmediate(resolve));
      assert.match(ledger.noticeOf('obs')?.message ?? '', /127\.0\.0\.1 is not one that allowhosts lists/);
      stop.abort();
      assert.equal(server.asked.length, 0);

      allow('cdn.example, 127.0.0.1');
      assert.equal((await built.download(`${server.url}/film.torrent`, 100, never)).length, 8);
      await built.transports.cdn.fetch(item, extents, ledger, never);
      assert.ok(ledger.isFinished('reel.mxf'));
    } finally {
      await sample.remove();
      await server.stop();
    }
  });
});
