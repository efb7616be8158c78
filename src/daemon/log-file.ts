import { type DestinationStream, pino } from 'pino';
import { type Config, SECRET_KEYS } from '../config/schema.ts';
import type { Logger } from '../core/log.ts';

/** What the daemon says, and where to: standard output, or a file that can be moved away while it is written. */
export class DaemonLog {
  readonly log: Logger;
  readonly #file: ReturnType<typeof pino.destination> | undefined;

  constructor(config: Config) {
    const options = { level: config.loglevel, base: null, redact: SECRET_KEYS.flatMap(key => [key, `*.${key}`]) };
    this.#file = config.logfile === '' ? undefined : pino.destination({ dest: config.logfile, sync: false });
    // A log that cannot be written, on a full disk or below a path that is gone, must not end the daemon.
    this.#file?.on('error', (error: Error) => process.emitWarning(`the log file cannot be written: ${error.message}`));
    this.log = this.#file ? pino(options, this.#file as DestinationStream) : pino(options);
  }

  /** Goes on in a new file of that name, once the old one has been moved away. */
  reopen(): void {
    this.#file?.reopen();
  }
}
