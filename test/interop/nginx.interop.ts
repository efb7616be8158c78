import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet } from '../e2e/nodes.ts';
import { assertAllBrought, FILM_SIZE, publishFilm, receiveFilm } from './film.ts';
import { type Command, ForeignProcesses } from './foreign-process.ts';
import { Forwarder } from './forwarder.ts';
import { cachingCdn, nginx, passingCdn } from './nginx.ts';
import { measureVersion, passed } from './results.ts';
import { startServer } from './server.ts';
import { originSuite, type Site } from './web-server.ts';

type Cdn = (site: Site, originPort: number) => Promise<Command>;

originSuite(nginx);

describe('nginx as a CDN in front of our origin', function () {
  this.timeout(150_000);
  const processes = new ForeignProcesses();
  let fleet: TestFleet;
  let toOrigin: Forwarder;
  before(() => measureVersion(nginx));
  afterEach(async function () {
    const said = await processes.stop();
    if (this.currentTest?.state === 'failed') console.error(`${said}\n--- our sender\n${fleet?.sender.output}`);
    await fleet?.close();
    await toOrigin?.stop();
  });

  async function start(cdn: Cdn): Promise<void> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    fleet = await TestFleet.create({ cdnurl: url });
    toOrigin = await Forwarder.start(Number(new URL(fleet.originUrl).port));
    const home = join(fleet.root, 'nginx');
    await mkdir(home);
    await startServer(processes, await cdn({ home, port }, toOrigin.port), url);
  }

  it('pulls a package once, in slices, for two receivers (R-017, R-018)', async () => {
    await start(cachingCdn);
    await publishFilm(fleet, '0:0:1');
    assert.equal((await receiveFilm(fleet, 'first')).cdn.bytes, FILM_SIZE);
    const asked = toOrigin.connections;
    assert.ok(asked > 0);
    assert.equal((await receiveFilm(fleet, 'second')).cdn.bytes, FILM_SIZE);
    assert.equal(toOrigin.connections, asked);
    passed(nginx, 'fetches', 'as CDN (slices, once for two receivers)');
    passed(nginx, 'seeds', 'as CDN (alone)');
  });

  for (const [name, cdn] of Object.entries({ 'in slices': cachingCdn, 'range by range': passingCdn })) {
    it(`pulls ${name} what it brings beside bt and obs (BN-001)`, async () => {
      await start(cdn);
      await publishFilm(fleet, '1:1:1');
      assertAllBrought(await receiveFilm(fleet, 'receiver'));
      assert.ok(toOrigin.connections > 0);
      passed(nginx, 'seeds', `as CDN (${name}, beside bt and obs)`);
    });
  }
});
