import { until } from '../e2e/nodes.ts';
import type { Command, ForeignProcesses } from './foreign-process.ts';

/** Starts a server of others; resolves when it answers at the URL, whatever it says. */
export async function startServer(processes: ForeignProcesses, command: Command, url: string): Promise<void> {
  const server = processes.start(command);
  await until(`${server.name} answers`, () => {
    server.assertRuns();
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
}
