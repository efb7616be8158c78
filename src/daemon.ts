import { access, appendFile, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NodeApi } from './api/node.ts';
import { LiveStreams } from './api/rest/live-streams.ts';
import { VERSION } from './api/version.ts';
import { LiveConfig } from './config/live-config.ts';
import { loadConfig, redact } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { asBftError, BftError } from './core/errors.ts';
import { type Startable, startAll, stopAll } from './core/lifecycle.ts';
import { parseListen } from './core/listen.ts';
import type { Logger } from './core/log.ts';
import { clockTicks } from './core/ticks.ts';
import { configPage } from './daemon/config-page.ts';
import { Listeners } from './daemon/listeners.ts';
import { DaemonLog } from './daemon/log-file.ts';
import { buildNode } from './daemon/node.ts';
import { diskFree, ReadinessCheck } from './daemon/readiness.ts';
import { ServiceManager } from './daemon/service-manager.ts';
import { torrentViews } from './daemon/torrents.ts';
import { buildTransports } from './daemon/transports.ts';
import { makeDirectory } from './disk/durable.ts';
import { isInside } from './disk/inside.ts';
import { DirectoryLock } from './disk/lock.ts';
import { requireSameFileSystem } from './disk/same-file-system.ts';
import { SeenRates } from './roles/seen-rates.ts';
import { TaskLimits } from './roles/task-limits.ts';
import { CronTicks } from './schedule/cron-ticks.ts';
import { Origin } from './origin/origin.ts';
import { Tracker } from './origin/tracker.ts';

/** The composition root: builds the parts for the node's role, starts them in order and stops them in reverse. */
export class Daemon {
  readonly #parts: readonly Startable[];
  readonly #file: DaemonLog;
  readonly #config: Config;
  readonly #reload: () => Promise<void>;
  readonly #manager: ServiceManager;

  private constructor(parts: readonly Startable[], file: DaemonLog, config: Config, reload: () => Promise<void>) {
    this.#parts = parts;
    this.#file = file;
    this.#config = config;
    this.#reload = reload;
    this.#manager = new ServiceManager(file);
  }

  /** A clock of a test ticks by itself. */
  static async create(configPath: string, clock: Clock = systemClock): Promise<Daemon> {
    const config = await loadConfig(configPath);
    const live = new LiveConfig(configPath, config);
    if (config.logfile !== '') await usable('logfile', config.logfile, touch);
    const file = new DaemonLog(config);
    const { log } = file;
    const current = () => live.current;
    const cron = new CronTicks();
    const ticks = clock === systemClock ? cron : clockTicks(clock);
    const taskLimits = new TaskLimits(join(config.statepath, 'limits.json'), name => hasTask(name));
    const seenRates = new SeenRates({ clock, log }, join(config.statepath, 'rates.json'));
    const { engine, limits, uploadSweep, totals, ...built } = buildTransports(
      current,
      clock,
      log,
      ticks,
      seenRates.note,
      task => taskLimits.of(task),
      name => hasTask(name),
    );
    const torrents = () => torrentViews(engine);
    const { roles, api, hasTask, states, isTableForeign } = buildNode({
      current,
      clock,
      log,
      limits,
      seenRates,
      torrents,
      ...built,
    });
    const readiness = new ReadinessCheck({ config: current, clock: systemClock, engine, isTableForeign });
    const reload = async () => {
      await listeners.renew();
      await live.reload();
    };
    const node: NodeApi = {
      ...api,
      serverType: config.servertype,
      btPort: () => engine.port,
      torrents,
      limit: async (name, given) => {
        if (!(await hasTask(name))) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
        await taskLimits.set(name, given);
        limits.divide();
        return limits.of(name);
      },
      operations: {
        readiness: () => readiness.look(),
        totals: () => totals,
        oldestQueued: () => states.oldestQueued(),
        diskFree: () => diskFree(current()),
      },
      reload,
      now: () => clock.now(),
      config: () => configPage(configPath, current()),
    };
    const onDefect = (error: BftError) => log.error({ err: error }, 'a defect of the daemon');
    const streams = new LiveStreams({ ticks, onDefect });
    const listeners = new Listeners({ node, streams, log, clock }, current);
    const parts: Startable[] = [
      directories(config),
      ...locks(config),
      ...publicServers(config, log, bytes => (totals.sent.cdn += bytes)),
      taskLimits,
      seenRates,
      // It takes longest: what needs no bt goes on meanwhile.
      { name: 'the beginning of the engine', start: async () => engine.begin(), stop: () => engine.stop() },
      limits,
      cron,
      ...roles,
      ...(config.servertype === 'sender' ? [uploadSweep] : []),
      { name: engine.name, start: () => engine.start(), stop: () => Promise.resolve() },
      listeners,
      // Stops first: connections that stay open would hold up the server.
      streams,
    ];
    return new Daemon(parts, file, config, reload);
  }

  async start(): Promise<void> {
    const { log } = this.#file;
    await startAll(this.#parts);
    log.debug({ config: redact(this.#config) }, 'configuration');
    log.info({ version: VERSION, servertype: this.#config.servertype }, 'bftv2 is up');
    await this.#manager.ready();
  }

  /** Goes on in a new log file, reads the configuration and the certificates again; on failure the old ones stay. Never rejects. */
  async reload(): Promise<void> {
    const { log } = this.#file;
    await this.#manager.reloading();
    this.#file.reopen();
    log.info('the log file was opened anew');
    try {
      await this.#reload();
      log.info('the configuration was read again');
    } catch (cause) {
      const { code, message, next } = asBftError(cause, 'CONFIG_INVALID', 'the configuration');
      log.error({ code, next }, `the configuration stays as it is: ${message}`);
    }
    await this.#manager.ready();
  }

  async stop(): Promise<void> {
    // Who does not listen holds nothing up.
    await Promise.all([this.#manager.stopping(), stopAll(this.#parts)]);
    this.#file.log.info('bftv2 is down');
  }
}

/** Nothing that this daemon writes may be another one's (faults.md 30), nor serve two purposes. */
function locks(config: Config): Startable[] {
  const { statepath, transferpath, receiverpath, senderpath } = config;
  const owned = [statepath, transferpath, receiverpath, ...(config.servertype === 'sender' ? [senderpath] : [])];
  for (const [index, path] of owned.entries()) {
    const other = owned.find((candidate, at) => at !== index && isInside(candidate, path));
    if (other === undefined) continue;
    throw new BftError(
      'CONFIG_INVALID',
      `${path} lies in ${other}: statepath, transferpath, receiverpath and senderpath must be apart`,
    );
  }
  return owned.map(path => new DirectoryLock(path));
}

/** Packages and tasks move by renames: their directories must exist and share a file system (faults.md 14). */
function directories(config: Config): Startable {
  return {
    name: 'directories',
    async start() {
      const sends = config.servertype === 'sender' ? (['senderpath'] as const) : [];
      const moving = ['basedatapath', 'transferpath', 'receiverpath', ...sends] as const;
      for (const key of ['statepath', ...moving] as const) {
        await usable(key, config[key], async path => {
          await makeDirectory(path);
          await access(path, constants.W_OK);
        });
      }
      await requireSameFileSystem(moving.map(key => config[key]));
    },
    stop: () => Promise.resolve(),
  };
}

async function touch(path: string): Promise<void> {
  await makeDirectory(dirname(path));
  await appendFile(path, '');
}

async function usable(key: string, path: string, use: (path: string) => Promise<void>): Promise<void> {
  await use(path).catch((error: unknown) => {
    throw asBftError(error, 'CONFIG_INVALID', `"${key}" ${path} cannot be made or written`);
  });
}

function publicServers(config: Config, log: Logger, sent: (bytes: number) => void): Startable[] {
  const origin = parseListen(config.originlisten, 'originlisten');
  const tracker = parseListen(config.trackerlisten, 'trackerlisten');
  return [
    ...(origin ? [new Origin({ log }, { root: config.basedatapath, address: origin, sent })] : []),
    ...(tracker ? [new Tracker({ log }, tracker)] : []),
  ];
}
