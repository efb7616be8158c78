import { asBftError, BftError } from '../core/errors.ts';
import { checkPackage, isComplete, verdictLine } from './check.ts';
import { hashTable } from './hashtable.ts';
import { serve } from './serve.ts';

const HELP = `usage: node src/cli/main.ts check TORRENT DIR
       node src/cli/main.ts serve [--listen HOST:PORT] [DIR]
       node src/cli/main.ts hashtable COMMAND [--config FILE] [--table FILE] [--storage DIR]

  check   holds the package in DIR against its torrent; prints Already/Total: a/b (p%) in pieces.
          Ends with 0 when it is complete, 1 when it is not, 2 when it was called wrongly.
  serve   serves the files below DIR, by default the working directory, with ranges:
          http://127.0.0.1:13000/data/<file>. Hidden files and links are not served.
          --listen has it listen elsewhere; port 0 takes a free one. Ends with 0 on SIGINT or SIGTERM,
          1 when it cannot listen or DIR is no directory, 2 when it was called wrongly.
  hashtable  the table of what this node has, beside a running daemon or without one:
          init [DIR]      hashes everything anew and drops the other rows; with DIR only that
          add PATH        hashes a directory or file again; rows of what is gone there go
          update          one look at everything: hashes what is new, drops what is gone
          watch           does so until it is ended, where no daemon does
          check [--hash]  says what is wrong; --hash reads every file
          stats [--json]  how many rows there are, and of what kind
          --config FILE is by default $BFT2_CONFIG, else /etc/bft2/config.json; --table and --storage come
          before what it says. Ends with 0 when all is right, 1 when not, 2 when it was called wrongly.
`;

const COMMANDS = new Map([
  ['check', check],
  ['serve', serve],
  ['hashtable', hashTable],
]);

async function main([command = '', ...args]: readonly string[]): Promise<number> {
  if (command === '--help' || args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const run = COMMANDS.get(command);
  if (!run) throw new BftError('USAGE', `there is no command ${JSON.stringify(command)}`);
  return run(args);
}

async function check([torrent, directory, ...more]: readonly string[]): Promise<number> {
  if (!torrent || !directory || more.length > 0) {
    throw new BftError('USAGE', 'check wants a torrent and a directory');
  }
  const verdict = await checkPackage(torrent, directory);
  for (const fault of verdict.faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`${verdictLine(verdict)}\n`);
  return isComplete(verdict) ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  const error = asBftError(cause, 'INTERNAL', 'bftv2');
  process.stderr.write(`${error.code}: ${error.message}\n  ${error.next}\n${error.code === 'USAGE' ? HELP : ''}`);
  process.exitCode = error.code === 'USAGE' ? 2 : 1;
}
