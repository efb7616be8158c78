// Takes the lock on the directory of its first argument, says so, and holds it until it is killed.
import { DirectoryLock } from '../../src/disk/lock.ts';

await new DirectoryLock(process.argv[2] ?? '').start();
process.stdout.write('held\n');
process.stdin.resume();
