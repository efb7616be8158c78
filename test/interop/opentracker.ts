import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForeignProcesses } from './foreign-process.ts';
import { startServer } from './server.ts';

interface Options {
  /** An empty directory that everybody can reach. */
  readonly home: string;
  readonly address: string;
  /** Of HTTP and of UDP. */
  readonly port: number;
  readonly infoHash: string;
}

/** Runs opentracker for the one torrent: Debian's build admits only what is on its list. */
export async function startOpentracker(
  processes: ForeignProcesses,
  { home, address, port, infoHash }: Options,
): Promise<void> {
  const list = join(home, 'whitelist.txt');
  await writeFile(list, `${infoHash}\n`);
  // Started as root it becomes nobody, who has to read the list.
  await chmod(home, 0o755);
  const args = ['-i', address, '-p', String(port), '-P', String(port), '-d', '/', '-w', list];
  await startServer(processes, { command: 'opentracker', args, cwd: home }, `http://${address}:${port}/`);
}
