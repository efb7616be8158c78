import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// Compiling everything anew is most of what a start costs, here and in each thread and child, which find the place in their environment. Beside the packages
// it is as safe as they are; where it cannot be written there is none.
process.env.NODE_COMPILE_CACHE ||= join(import.meta.dirname, '../node_modules/.cache/bftv2');
// Who could write there could have us run anything.
const mask = process.umask(0o077);
enableCompileCache(process.env.NODE_COMPILE_CACHE);
process.umask(mask);

// What lives shortly would otherwise be given 128 MiB on a large machine, and as much again in each thread that hashes; it is no faster.
setFlagsFromString('--semi-space-growth-factor=1');
// The four threads that Node has for files are too few: syncing a slow disk, they would hold up whoever asks for a task.
process.env.UV_THREADPOOL_SIZE ??= '16';

const { fail, runDaemon } = await import('./daemon/command.ts');
await runDaemon().catch(fail);
flushCompileCache();
