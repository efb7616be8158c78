import { BftError } from '../core/errors.ts';
import { parseCommandLine, USAGE } from './command-line.ts';
import { ObsServer } from './server.ts';

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const server = new ObsServer(options);
  const { url } = await server.start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());
  process.stdout.write(`${JSON.stringify({ listening: url })}\n`);
}

try {
  await main();
} catch (error) {
  const usage = error instanceof BftError && error.code === 'USAGE';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage ? USAGE : ''}`);
  process.exitCode = usage ? 2 : 1;
}
