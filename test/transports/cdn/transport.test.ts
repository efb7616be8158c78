import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import type { BftError } from '../../../src/core/errors.ts';
import { Origin } from '../../../src/origin/origin.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import { CdnTransport } from '../../../src/transports/cdn/transport.ts';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type Listening, startListening } from '../../listening.ts';
import { HostileServer } from '../http/hostile-server.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';

const never = new AbortController().signal;
const FILES = { 'reel 1.mxf': 300_000, 'sub/片#2?%.mxf': 50_000, 'ASSETMAP.xml': 900, 'empty.txt': 0 };

describe('transports/cdn', () => {
  const server = new HostileServer();
  const http = createHttpClient();
  const transport = new CdnTransport({ http, fetcher: new RangedFetcher(http, () => ({ task: 4, file: 4, host: 8 })) });
  let sample: SamplePackage;
  let origin: Listening;
  let item: TransferItem;
  let ledger: Ledger;
  before(() => server.start());
  after(() => server.stop());
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { cdn: randomFiles(FILES) } });
    origin = await startListening(
      log => new Origin({ log }, { root: sample.storageRoot, address: { host: '127.0.0.1', port: 0 } }),
    );
    await at(`${origin.url}/dcp/cfec-001/dcps/film`);
  });
  afterEach(async () => {
    await origin.stop();
    await sample.remove();
  });
  const at = async (url: string | undefined) => {
    if (url === undefined) delete sample.task.cdn.url;
    else sample.task.cdn.url = url;
    item = sample.received();
    ledger = await sample.ledger(item);
  };

  const fetchAll = () =>
    transport.fetch(
      item,
      item.files('cdn').map(file => item.manifest.extent(file)),
      ledger,
      never,
    );

  it('BO-04 publishes by asking for the largest file, and uploads nothing', async () => {
    server.asked.splice(0);
    let method: string | undefined;
    server.behave = (res, _, req) => {
      ({ method } = req);
      res.writeHead(200, { 'content-length': 300_000 }).end();
    };
    await at(server.url);
    await transport.publish(item, never);
    assert.deepEqual([method, server.asked.map(({ path }) => path)], ['HEAD', ['/reel 1.mxf']]);
  });

  it('fetches everything from our origin, whatever the files are called', async () => {
    await transport.publish(item, never);
    assert.deepEqual(await transport.status(item), { state: 'available' });
    await fetchAll();
    const staged = Object.entries(await sample.staged()).map(([path, bytes]) => [
      path.replace('cdn/cfec-001/film/', ''),
      bytes,
    ]);
    assert.deepEqual(Object.fromEntries(staged), sample.files);
    const { host } = new URL(origin.url);
    assert.deepEqual(ledger.meters.cdn.counted.sources, { [host]: { bytes: sample.task.size, wasted: 0 } });
  });

  it('has nothing to do without a share', async () => {
    await at(undefined);
    await transport.fetch(item, [], ledger, never);
    item.task.cdnlist = [];
    await transport.publish(item, never);
    assert.deepEqual(await transport.status(item), { state: 'available' });
  });

  for (const status of [404, 403, 500, 503]) {
    it(`BU-09: publish at an address that answers ${status} may heal: a CDN may not have pulled yet`, async () => {
      server.behave = res => void res.writeHead(status).end();
      await at(server.url);
      const message = new RegExp(`/reel%201\\.mxf answered ${status}$`);
      await assert.rejects(transport.publish(item, never), { code: 'SOURCE_REFUSES', permanent: false, message });
      const state = await transport.status(item);
      assert.equal(state.state, 'unavailable');
      assert.match('reason' in state ? state.reason : '', message);
    });
  }

  it('BO-05: an older file of another size behind the address is not available', async () => {
    server.behave = res => void res.writeHead(200, { 'content-length': 299_999 }).end();
    await at(server.url);
    await assert.rejects(transport.publish(item, never), {
      code: 'SOURCE_REFUSES',
      permanent: false,
      message: /has 299999 bytes, not 300000/,
    });
  });

  it('BU-09 follows redirects', async () => {
    server.behave = (res, { path }) => {
      if (path.startsWith('/cdn/'))
        res
          .writeHead(302, { location: `${origin.url}/dcp/cfec-001/dcps/film/${encodeURIComponent('reel 1.mxf')}` })
          .end();
      else res.writeHead(404).end();
    };
    await at(`${server.url}/cdn`);
    await transport.publish(item, never);
  });

  it('a task without cdn.url, or with an address of another kind, is refused for good', async () => {
    await at(undefined);
    const codes: [string | undefined, string][] = [
      [undefined, 'TASK_FILE_INVALID'],
      ['file:///etc', 'SOURCE_REFUSES'],
      ['nonsense', 'SOURCE_REFUSES'],
    ];
    for (const [url, code] of codes) {
      await at(url);
      await assert.rejects(transport.publish(item, never), { code, permanent: true });
      await assert.rejects(transport.fetch(item, [item.manifest.extent('ASSETMAP.xml')], ledger, never), {
        code,
        permanent: true,
      });
      assert.equal((await transport.status(item)).state, 'unavailable');
    }
  });

  it('an abort ends the check at once, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    server.behave = () => controller.abort(reason);
    await at(server.url);
    const begin = performance.now();
    await assert.rejects(transport.publish(item, controller.signal), reason);
    assert.ok(performance.now() - begin < 1000);
  });

  it('a file that the sender took away is an error that names it, and what came before stays', async () => {
    const [from, to] = [`${sample.layout.packagePath}/reel 1.mxf`, `${sample.directory}/away`];
    await rename(from, to);
    try {
      await assert.rejects(fetchAll(), (error: BftError) => {
        assert.deepEqual([error.code, error.permanent], ['SOURCE_REFUSES', true]);
        assert.match(error.message, /reel%201\.mxf answered 404$/);
        return true;
      });
    } finally {
      await rename(to, from);
    }
    await fetchAll();
    assert.equal(ledger.bytes('cdn'), sample.task.size);
  });

  it('withdraw does nothing, at any time', async () => {
    await transport.withdraw();
    await transport.publish(item, never);
    await transport.withdraw();
    assert.deepEqual(await transport.status(item), { state: 'available' });
  });
});
