import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BftError, notThere } from '../core/errors.ts';
import { parseListen, type ListenAddress } from '../core/listen.ts';
import { type Logger, silentLog } from '../core/log.ts';
import { FileServer } from '../origin/file-server.ts';

const ADDRESS = '127.0.0.1:13000';

/** What went wrong while a file was sent, a line each. That a client went away is nothing to tell. */
const complaint = ({ url, err }: { url: string; err: Error }) => void process.stderr.write(`${url}: ${err.message}\n`);
const LOG: Logger = { ...silentLog, warn: complaint, error: complaint };

/**
 * Serves the files below a directory as `http://HOST:PORT/data/<file>` until SIGINT or SIGTERM; the directory is the working directory when
 * none is named. Throws USAGE, SOURCE_MISSING, LISTEN_FAILED.
 */
export async function serve(args: readonly string[]): Promise<number> {
  const { root, address } = serveOptions(args);
  if (!(await stat(root).catch(notThere))?.isDirectory()) {
    throw new BftError('SOURCE_MISSING', `${root} is no directory`);
  }
  const server = new FileServer(
    { log: LOG },
    { name: 'serve', addressFrom: '--listen', address, root, prefix: '/data/', isPublished: () => true },
  );
  await server.start();
  process.stdout.write(`${root} is served at ${server.url}\n`);
  await stopSignal();
  await server.stop();
  return 0;
}

/** What the command line says; `root` is absolute. Throws USAGE. */
export function serveOptions(args: readonly string[]): { root: string; address: ListenAddress } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { listen: { type: 'string', default: ADDRESS } },
    });
    const [directory = '.', ...more] = positionals;
    const address = parseListen(values.listen, '--listen');
    if (!address || more.length > 0) throw new Error('it wants one directory, and HOST:PORT after --listen');
    return { root: resolve(directory), address };
  } catch (cause) {
    throw new BftError('USAGE', `serve: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A second signal ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise(stop => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
}
