import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { writeFile } from 'node:fs/promises';

/** Maps the file of its argument and stores a `B` where each line says. */
const PROGRAM = `import mmap, sys
f = open(sys.argv[1], 'r+b')
m = mmap.mmap(f.fileno(), 0)
print('mapped', flush=True)
for line in sys.stdin:
    m[int(line)] = 66
    print('stored', flush=True)`;

/** A file that a process has mapped and writes to, which Node cannot. */
export async function mapFile(
  path: string,
  content: string,
): Promise<{ store: (at: number) => Promise<void>; close: () => Promise<void> }> {
  await writeFile(path, content);
  const child: ChildProcess = spawn('python3', ['-c', PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  const lines = createInterface(child.stdout!);
  await Promise.race([
    once(lines, 'line'),
    once(lines, 'close').then(() => Promise.reject(new Error('it cannot map'))),
  ]);
  return {
    store: async at => {
      const stored = once(lines, 'line');
      child.stdin!.write(`${at}\n`);
      await stored;
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin!.end();
      await ended;
    },
  };
}
