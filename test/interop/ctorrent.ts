import { join } from 'node:path';
import type { Client, Place } from './client.ts';
import type { Command } from './foreign-process.ts';

/** It holds only one connection per address, its own included, so that it needs one that nobody else has. */
export function startCtorrent({ torrentPath, directory, name, address, port }: Place, ...more: string[]): Command {
  const args = ['-i', address, '-p', String(port), ...more, '-s', join(directory, name), torrentPath];
  return { command: 'ctorrent', args, cwd: directory };
}

export const ctorrent: Client = {
  name: 'ctorrent',
  version: { command: 'ctorrent', args: ['-h'] },
  protocols: ['http'],
  fetch: async place => startCtorrent(place, '-e', '0'),
  seed: async place => startCtorrent(place),
};
