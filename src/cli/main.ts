import { asBftError, BftError } from '../core/errors.ts';
import { checkPackage, isComplete, verdictLine } from './check.ts';

const HELP = `usage: node src/cli/main.ts check TORRENT DIR

  check   holds the package in DIR against its torrent; prints Already/Total: a/b (p%) in pieces.
          Ends with 0 when it is complete, 1 when it is not, 2 when it was called wrongly.
`;

async function main([command, torrent, directory, ...more]: readonly string[]): Promise<number> {
  if (command === '--help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (command !== 'check' || !torrent || !directory || more.length > 0) {
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
  const error = asBftError(cause, 'INTERNAL', 'check');
  process.stderr.write(`${error.code}: ${error.message}\n  ${error.next}\n${error.code === 'USAGE' ? HELP : ''}`);
  process.exitCode = error.code === 'USAGE' ? 2 : 1;
}
