import { EventEmitter } from 'node:events';
import type { Clock } from '../../core/clock.ts';
import { BftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { EngineProcess } from './engine-process.ts';
import type { EngineOptions, FromEngine, ToEngine } from './protocol.ts';

const STOP_GRACE_MS = 5000;
const LISTEN_PATIENCE_MS = 5000;
const LISTEN_PAUSE_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A process that lived this long was healthy: the next restart is quick again. */
const HEALTHY_MS = 60_000;

interface Components {
  readonly log: Logger;
  readonly clock: Clock;
}

interface Events {
  message: [FromEngine];
  /** An engine process listens; it has no torrents and no limits yet. */
  up: [];
  /** It has ended, by itself or by `stop`. */
  down: [];
}

/** Why an engine process ended before it listened. */
class LaunchError extends Error {
  readonly errno: string;

  constructor(message: string, errno: string) {
    super(message);
    this.errno = errno;
  }
}

/** Keeps one engine process running between `start` and `stop`. */
export class EngineSupervisor extends EventEmitter<Events> {
  readonly #components: Components;
  readonly #firstDelayMs: number;
  #delayMs: number;
  readonly #options: EngineOptions;
  #port: number;
  #state: 'stopped' | 'launching' | 'up' = 'stopped';
  #process: EngineProcess | undefined;
  #stopped = new AbortController();

  constructor(components: Components, options: EngineOptions, restartDelayMs: number) {
    super();
    this.#components = components;
    this.#options = options;
    this.#firstDelayMs = restartDelayMs;
    this.#delayMs = restartDelayMs;
    this.#port = options.port;
  }

  /** The port that is listened on; 0 before the first start when any may be taken. */
  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Resolves when the engine listens. Waits a while for a port that is being freed, then throws LISTEN_FAILED. */
  async start(): Promise<void> {
    const { clock } = this.#components;
    const deadline = clock.monotonic() + LISTEN_PATIENCE_MS;
    this.#stopped = new AbortController();
    this.#state = 'launching';
    for (;;) {
      try {
        return await this.#launch();
      } catch (error) {
        if (!isPortTaken(error) || clock.monotonic() >= deadline) {
          this.#state = 'stopped';
          throw this.#startError(error);
        }
        await clock.sleep(LISTEN_PAUSE_MS, this.#stopped.signal);
      }
    }
  }

  /** Asks the engine to end and kills it when it does not. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#state = 'stopped';
    await this.#process?.stop(STOP_GRACE_MS);
  }

  send(message: ToEngine): void {
    this.#process?.send(message);
  }

  async #launch(): Promise<void> {
    this.#stopped.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const startedAt = this.#components.clock.monotonic();
    const engine = new EngineProcess(this.#components, { ...this.#options, port: this.#port });
    let fatal = { errno: '', message: '' };
    this.#process = engine;
    engine.on('message', message => {
      if (message.type === 'listening') resolve(message.port);
      else if (message.type === 'fatal') fatal = message;
      else this.emit('message', message);
    });
    engine.once('gone', why => {
      this.#process = undefined;
      reject(new LaunchError(fatal.message === '' ? why : fatal.message, fatal.errno));
      this.#onGone(fatal.message === '' ? why : fatal.message, startedAt);
    });
    this.#port = await promise;
    this.#state = 'up';
    this.emit('up');
  }

  #onGone(why: string, startedAt: number): void {
    const { log, clock } = this.#components;
    if (this.#state === 'up') {
      log.error({ why }, 'the BitTorrent engine ended; it is started again');
      if (clock.monotonic() - startedAt >= HEALTHY_MS) this.#delayMs = this.#firstDelayMs;
      this.#state = 'launching';
      void this.#restart();
    }
    this.emit('down');
  }

  async #restart(): Promise<void> {
    const { log, clock } = this.#components;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await clock.sleep(this.#delayMs, signal);
        this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
        return await this.#launch();
      } catch (error) {
        if (!signal.aborted) log.error({ error }, 'the BitTorrent engine did not start; it is tried again');
      }
    }
  }

  #startError(cause: unknown): BftError {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof LaunchError && cause.errno !== '') {
      return new BftError('LISTEN_FAILED', `port ${this.#port} for BitTorrent cannot be listened on: ${why}`, {
        cause,
      });
    }
    return new BftError('BT_ENGINE_DOWN', `the BitTorrent engine did not start: ${why}`, { cause });
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof LaunchError && error.errno === 'EADDRINUSE';
}
