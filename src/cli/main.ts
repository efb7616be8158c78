import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const { NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env;

// Compiling everything anew is most of what a start costs. The place is the user's own: who could write there could have us run anything.
const caches = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
const place = NODE_COMPILE_CACHE || (caches && join(caches, 'bft2'));
const mask = process.umask(0o077);
if (place) enableCompileCache(place);
process.umask(mask);

const { run } = await import('./run.ts');
const { tellLostOutput } = await import('./lost-output.ts');
let lost: number | undefined;
// It may be told before the command ends or after it.
process.stdout.on('error', (error: Error) => {
  lost ??= tellLostOutput(error);
  if (lost !== undefined) process.exitCode = lost;
});
const code = await run(process.argv.slice(2));
process.exitCode = lost ?? code;
