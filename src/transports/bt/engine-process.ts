import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Logger } from '../../core/log.ts';
import type { EngineOptions, FromEngine, ToEngine } from './protocol.ts';

const MAIN = new URL('engine/main.ts', import.meta.url);
/** Syncs, reads and SHA-1 share these; four, the default, let a slow disk hold up everything. */
const POOL_THREADS = '16';
/** Room for what lives shortly, MiB: with the usual 16, what was left of a hundred large torrents' opening took 100 MiB, and it is no faster. */
const YOUNG_MIB = 4;
const LOOK_MS = 2000;
const SILENT_LOOKS = 5;
/** Until it speaks for the first time: a busy machine takes a while to load it. */
const SILENT_LOOKS_AT_START = 30;

interface Events {
  message: [FromEngine];
  /** The process has ended and its last message has been delivered. */
  gone: [why: string];
}

/** One engine process from its start to its end. */
export class EngineProcess extends EventEmitter<Events> {
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #gone: Promise<void>;
  /** Looks in a row in which nothing had come. */
  #silentLooks = 0;
  #mostSilentLooks = SILENT_LOOKS_AT_START;

  constructor({ log }: { log: Logger }, options: EngineOptions) {
    super();
    this.#log = log;
    this.#child = fork(MAIN, [JSON.stringify(options)], {
      execArgv: [`--max-semi-space-size=${YOUNG_MIB}`],
      env: { ...process.env, UV_THREADPOOL_SIZE: POOL_THREADS },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', message => {
      this.#silentLooks = 0;
      this.#mostSilentLooks = SILENT_LOOKS;
      this.emit('message', message as FromEngine);
    });
    if (this.#child.stderr) {
      createInterface({ input: this.#child.stderr }).on('line', line =>
        log.warn({ line }, 'the BitTorrent engine says'),
      );
    }
    this.#gone = this.#watch();
    const watchdog = setInterval(() => this.#look(), LOOK_MS).unref();
    this.once('gone', () => clearInterval(watchdog));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToEngine): void {
    if (!this.#child.connected) return;
    this.#child.send(message, error => {
      // Its end is reported by 'gone'; everything is said again to its successor.
      if (error) this.#log.debug({ error }, 'the BitTorrent engine did not take a message');
    });
  }

  /** Asks it to end, and ends it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#gone;
    clearTimeout(timer);
  }

  /** It speaks once a second. Counting looks instead of time spares an engine that was suspended together with us. */
  #look(): void {
    this.#silentLooks += 1;
    if (this.#silentLooks < this.#mostSilentLooks) return;
    this.#log.error('the BitTorrent engine says nothing any more; it is ended');
    this.#child.kill('SIGKILL');
  }

  async #watch(): Promise<void> {
    let why: string;
    try {
      const exit = once(this.#child, 'exit') as Promise<[number | null, string | null]>;
      const [[code, signal]] = await Promise.all([exit, once(this.#child, 'disconnect')]);
      why = signal ?? `exit code ${code}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    this.emit('gone', why);
  }
}
