import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from '../core/log.ts';

const PROGRAM = 'systemd-notify';
const PATIENCE_MS = 10_000;

/**
 * Tells systemd (Type=notify) how the daemon is. Node has no datagram sockets of the Unix kind, so it is systemd's own program that speaks: the unit needs
 * NotifyAccess=all. Without NOTIFY_SOCKET nothing happens.
 */
export class ServiceManager {
  readonly #log: Logger;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #run = promisify(execFile);
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  constructor({ log }: { log: Logger }, environment: NodeJS.ProcessEnv = process.env) {
    this.#log = log;
    this.#environment = environment;
  }

  /** From now on it is also told, twice in the time that WATCHDOG_USEC allows, that the event loop turns. */
  async ready(): Promise<void> {
    await this.#tell('READY=1');
    const everyMs = this.#watchdogMs() / 2;
    if (everyMs > 0) this.#timer ??= setInterval(() => void this.#tell('WATCHDOG=1'), everyMs).unref();
  }

  async reloading(): Promise<void> {
    await this.#tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  async stopping(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tell('STOPPING=1');
  }

  /** 0: nobody waits for it, or not for this process. */
  #watchdogMs(): number {
    const { WATCHDOG_USEC = '', WATCHDOG_PID = String(process.pid) } = this.#environment;
    return /^\d{1,15}$/.test(WATCHDOG_USEC) && WATCHDOG_PID === String(process.pid) ? Number(WATCHDOG_USEC) / 1000 : 0;
  }

  async #tell(...what: string[]): Promise<void> {
    const { NOTIFY_SOCKET, PATH } = this.#environment;
    if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return;
    try {
      await this.#run(PROGRAM, what, { env: { NOTIFY_SOCKET, PATH }, timeout: PATIENCE_MS });
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn({ err: error }, `${PROGRAM} could not tell systemd ${what.join(' ')}`);
      this.#hasFailed = true;
    }
  }
}
