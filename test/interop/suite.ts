import type { Client, Place } from './client.ts';
import { type ForeignProcess, ForeignProcesses } from './foreign-process.ts';
import { measureVersion, passed } from './results.ts';
import { Stage } from './stage.ts';
import { TRACKERS, type TrackerKind } from './trackers.ts';

/** What every foreign client has to do with our daemons, at every tracker that it can use. */
export function clientSuite(client: Client): void {
  describe(client.name, () => {
    before(() => measureVersion(client));
    for (const tracker of TRACKERS.filter(({ protocol }) => client.protocols.includes(protocol)))
      atTracker(client, tracker);
  });
}

function atTracker(client: Client, kind: TrackerKind): void {
  const { name: tracker, protocol } = kind;
  describe(`by ${tracker}`, function () {
    this.timeout(150_000);
    const clients = new ForeignProcesses();
    let stage: Stage;
    before(async () => {
      stage = await Stage.create(kind);
    });
    afterEach(async function () {
      const said = await clients.stop();
      if (this.currentTest?.state === 'failed') console.error(`${said}\n${stage.output}`);
    });
    after(() => stage?.close());

    /** Starts the client that fetches, and the sender's serving. */
    async function startFetching(at: Place): Promise<ForeignProcess> {
      const command = await client.fetch(at, protocol);
      if (!client.onlyIsDialled) await stage.send();
      const fetching = clients.start(command);
      if (!client.onlyIsDialled) return fetching;
      await stage.known();
      await stage.send();
      return fetching;
    }

    it('fetches a whole package from our sender, byte for byte (BV-003, T-010)', async () => {
      const at = await stage.place('fetched');
      const fetching = await startFetching(at);
      if (client.completeText) await fetching.says(client.completeText);
      else await fetching.ended();
      await fetching.stop();
      await stage.assertWhole(at, client.skipsEmptyFiles ? 'left out' : 'there');
      passed(client, 'fetches', tracker);
    });

    it('is the only one that has a package, which our receiver finishes (T-010, BR-45)', async () => {
      await stage.withdraw();
      const at = await stage.place('seeded');
      await stage.fill(at);
      clients.start(await client.seed(at, protocol));
      await stage.receive();
      passed(client, 'seeds', tracker);
    });
  });
}
