import type { Startable } from '../src/core/lifecycle.ts';
import { type Logger, silentLog } from '../src/core/log.ts';

export interface Listening {
  readonly port: number;
  readonly url: string;
  /** Errors that were logged: defects, in the words of our parts. */
  readonly errors: unknown[];
  readonly warnings: unknown[];
  stop(): Promise<void>;
}

/** Starts a part that listens on port 0 and says in its log which port it got. */
export async function startListening(make: (log: Logger) => Startable): Promise<Listening> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const errors: unknown[] = [];
  const warnings: unknown[] = [];
  const part = make({
    ...silentLog,
    info: (fields: unknown) => {
      if (typeof fields === 'object' && fields !== null && 'port' in fields) resolve(fields.port as number);
    },
    warn: (fields: unknown) => warnings.push(fields),
    error: (fields: unknown) => errors.push(fields),
  });
  await part.start();
  const port = await promise;
  return { port, url: `http://127.0.0.1:${port}`, errors, warnings, stop: () => part.stop() };
}
