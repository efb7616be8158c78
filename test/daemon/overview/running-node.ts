import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NodeApi } from '../../../src/api/node.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { type Startable, startAll, stopAll } from '../../../src/core/lifecycle.ts';
import { parseListen } from '../../../src/core/listen.ts';
import { silentLog } from '../../../src/core/log.ts';
import { clockTicks } from '../../../src/core/ticks.ts';
import { buildNode } from '../../../src/daemon/node.ts';
import { torrentViews } from '../../../src/daemon/torrents.ts';
import { buildTransports } from '../../../src/daemon/transports.ts';
import { makeDirectory } from '../../../src/disk/durable.ts';
import { Origin } from '../../../src/origin/origin.ts';
import { Tracker } from '../../../src/origin/tracker.ts';
import { SeenRates } from '../../../src/roles/seen-rates.ts';
import type { GentaskRequest } from '../../../src/task/gentask-request.ts';
import { TestNode } from '../../e2e/nodes.ts';

type RoleApi = ReturnType<typeof buildNode>['api'];

/** A node with all its parts but the API's server, in this process: what it shows is asked directly. */
export class RunningNode {
  readonly root: string;
  readonly api: RoleApi;
  readonly #parts: readonly Startable[];

  private constructor(root: string, api: RoleApi, parts: readonly Startable[]) {
    this.root = root;
    this.api = api;
    this.#parts = parts;
  }

  static async start(root: string, more: Record<string, unknown>): Promise<RunningNode> {
    const config = await loadConfig(await new TestNode(root, 0, { reserve: 0, ...more }).configure());
    const { basedatapath, transferpath, receiverpath, senderpath, statepath } = config;
    for (const path of [basedatapath, transferpath, receiverpath, senderpath, statepath]) await makeDirectory(path);
    const parts = { clock: systemClock, log: silentLog };
    const current = () => config;
    const seenRates = new SeenRates(parts, join(statepath, 'rates.json'));
    const ticks = clockTicks(systemClock);
    const always = () => Promise.resolve(true);
    const built = buildTransports(current, systemClock, silentLog, ticks, seenRates.note, () => ({}), always);
    const { engine, limits } = built;
    const torrents = () => torrentViews(engine);
    const { roles, api } = buildNode({ current, ...parts, ...built, seenRates, torrents });
    const running = [...publicServers(config), engine, limits, ...roles];
    await startAll(running);
    return new RunningNode(root, api, running);
  }

  stop(): Promise<void> {
    return stopAll(this.#parts);
  }

  get overview(): NodeApi['overview'] {
    return this.api.overview;
  }

  /** Receives a task as its text is; resolves with its name. */
  async recv(name: string, task: object): Promise<string> {
    await mkdir(join(this.root, 'given'), { recursive: true });
    const path = join(this.root, 'given', `cfec-001-${name}.task.json`);
    await writeFile(path, JSON.stringify(task));
    await this.api.recv?.(path, false);
    return basename(path);
  }

  request(name: string, btobscdn: string): GentaskRequest {
    return {
      dcppath: this.packagePath(name),
      taskfile: join(this.root, 'made', `cfec-001-${name}.task.json`),
      basesubdir: 'cfec-001',
      btobscdn,
      policy: 'fulltime',
      deloldtorrent: false,
    };
  }

  packagePath(name: string): string {
    return join(this.root, 'dcp', 'cfec-001', 'dcps', name);
  }
}

function publicServers(config: Config): Startable[] {
  const origin = parseListen(config.originlisten, 'originlisten');
  const tracker = parseListen(config.trackerlisten, 'trackerlisten');
  return [
    ...(origin ? [new Origin({ log: silentLog }, { root: config.basedatapath, address: origin })] : []),
    ...(tracker ? [new Tracker({ log: silentLog }, tracker)] : []),
  ];
}
