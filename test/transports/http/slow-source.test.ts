import assert from 'node:assert/strict';
import { createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type Files, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { HostileServer, serve } from './hostile-server.ts';

const MIB = 1024 * 1024;

describe('transports/http: a source that hardly sends', () => {
  const [slow, fast] = [new HostileServer(), new HostileServer()];
  const samples: SamplePackage[] = [];
  before(() => Promise.all([slow.start(), fast.start()]));
  after(() => Promise.all([slow.stop(), fast.stop()]));
  afterEach(() => Promise.all(samples.splice(0).map(sample => sample.remove())));

  const jobOf = async (files: Files, pieceLength: number, server: HostileServer) => {
    const sample = await SamplePackage.make({ shares: { cdn: files }, pieceLength });
    samples.push(sample);
    const item = sample.received();
    const ledger = await sample.ledger(item);
    const extents = Object.keys(files).map(file => item.manifest.extent(file));
    return { item, method: 'cdn', extents, ledger, urlOf: (file: string) => fileUrl(server.url, file) } as const;
  };

  it('holds up its own task alone', async () => {
    const files = { 'a.mxf': Buffer.alloc(96 * MIB, 'a') };
    slow.behave = (res, { first, last }) => {
      res.writeHead(206, {
        'content-range': `bytes ${first}-${last}/${files['a.mxf'].length}`,
        'content-length': last - first + 1,
      });
      res.write('a');
    };
    const other = { 'b.mxf': Buffer.alloc(3 * MIB, 'b') };
    fast.behave = (res, asked) => serve(res, other['b.mxf'], asked);
    const fetcher = new RangedFetcher(createHttpClient(), () => ({ task: 8, file: 8, host: 16 }));
    const [held, free] = [await jobOf(files, 16 * MIB, slow), await jobOf(other, MIB, fast)];
    const stop = new AbortController();
    const waiting = assert.rejects(fetcher.fetch(held, stop.signal), /stop/);
    // As many as it may hold in memory, and those that wait for it.
    await until('its connections have their first byte', async () => held.ledger.meters.cdn.received >= 6);
    await fetcher.fetch(free, new AbortController().signal);
    assert.equal(free.ledger.bytes('cdn'), 3 * MIB);
    stop.abort(new Error('stop'));
    await waiting;
  });
});
