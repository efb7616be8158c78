import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet } from '../e2e/nodes.ts';
import { assertAllBrought, publishFilm, receiveFilm } from './film.ts';
import { type Command, ForeignProcesses } from './foreign-process.ts';
import { measureVersion, passed } from './results.ts';
import { startServer } from './server.ts';

/** Where a web server of others works. */
export interface Site {
  /** A directory of its own. */
  readonly home: string;
  readonly port: number;
}

/** A web server that is not ours. */
export interface WebServer {
  readonly name: string;
  readonly version: Command;
  /** How it is started to serve a directory below /dcp/. */
  serve(site: Site, directory: string): Promise<Command>;
}

/** What every web server has to do in place of our origin. */
export function originSuite(server: WebServer): void {
  describe(`${server.name} as the origin`, function () {
    this.timeout(150_000);
    const processes = new ForeignProcesses();
    let fleet: TestFleet;
    before(() => measureVersion(server));
    afterEach(async function () {
      const said = await processes.stop();
      if (this.currentTest?.state === 'failed') console.error(`${said}\n--- our sender\n${fleet?.sender.output}`);
      await fleet?.close();
    });

    it('serves the tree that our sender publishes (BD-21, BV-003)', async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      fleet = await TestFleet.create({ originlisten: '', senderdomain: url, cdnurl: url });
      // It may have become another user, who has to read the tree.
      await chmod(fleet.root, 0o755);
      const home = join(fleet.root, server.name);
      await mkdir(home);
      const command = await server.serve({ home, port }, String(fleet.sender.config.basedatapath));
      await startServer(processes, command, url);
      await publishFilm(fleet, '1:1:1');
      assertAllBrought(await receiveFilm(fleet, 'receiver'));
      passed(server, 'seeds', 'as the origin');
    });
  });
}
