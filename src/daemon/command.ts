import { parseArgs } from 'node:util';
import { asBftError, BftError } from '../core/errors.ts';
import { Daemon } from '../daemon.ts';

const HELP = `bftv2: moves film packages over BitTorrent, object storage and CDN at once

usage: node src/main.ts [--config FILE]

  --config FILE   configuration; default $BFT2_CONFIG, else /etc/bft2/config.json
  --help          this text
`;

function options(): { config: string; help: boolean } {
  try {
    const { values } = parseArgs({
      options: { config: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
    return { config: values.config ?? process.env.BFT2_CONFIG ?? '/etc/bft2/config.json', help: values.help };
  } catch (cause) {
    throw new BftError('USAGE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Says on stderr why the daemon ends, and ends it. */
export function fail(cause: unknown): never {
  const error = asBftError(cause, 'INTERNAL', 'bftv2 cannot start');
  process.stderr.write(`bftv2: ${error.code}: ${error.message}\n  ${error.next}\n`);
  if (error.code === 'INTERNAL') process.stderr.write(`${error.stack}\n`);
  process.exit(error.code === 'USAGE' ? 2 : 1);
}

/** The command line, the signals and the exit code of the daemon. Resolves once it is up. */
export async function runDaemon(): Promise<void> {
  const { config, help } = options();
  if (help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const daemon = await Daemon.create(config);
  const starting = daemon.start();
  let isStopping = false;
  const stop = () => {
    // A second signal means: now.
    if (isStopping) process.exit(1);
    isStopping = true;
    starting.then(() => daemon.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // One after the other, and not before it is up.
  let reloading = starting;
  const reload = () => {
    if (!isStopping) reloading = reloading.then(() => daemon.reload());
  };
  // A terminal that is closed ends what runs in it.
  process.on('SIGHUP', process.stdout.isTTY ? stop : reload);
  await starting;
}
