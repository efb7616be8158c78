import type { Client, Place } from './client.ts';
import type { Command } from './foreign-process.ts';

const SCRIPT = new URL('libtorrent-client.py', import.meta.url).pathname;
/** Debian's own, which has the Debian package; another one may come first in PATH. */
const PYTHON = '/usr/bin/python3';

async function start({ torrentPath, directory, home, address, port }: Place): Promise<Command> {
  return { command: PYTHON, args: [SCRIPT, torrentPath, directory, address, String(port)], cwd: home };
}

export const libtorrent: Client = {
  name: 'libtorrent',
  version: { command: PYTHON, args: ['-c', 'import libtorrent; print(libtorrent.__version__)'] },
  protocols: ['http', 'udp'],
  completeText: /^complete$/m,
  fetch: start,
  seed: start,
};
