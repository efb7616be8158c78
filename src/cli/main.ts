import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Compiling everything anew is most of what a start costs. The place is the user's own: who could write there could have us run anything.
const mask = process.umask(0o077);
enableCompileCache(
  process.env.NODE_COMPILE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bft2'),
);
process.umask(mask);

const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2));
