import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, Place } from './client.ts';
import type { Command } from './foreign-process.ts';

/** Its configuration is the only way to run it without a terminal. */
async function start({ torrentPath, directory, home, address, port }: Place, ...more: string[]): Promise<Command> {
  const session = join(home, 'session');
  const settings = join(home, 'rtorrent.rc');
  const lines = [
    'system.daemon.set = true',
    `directory.default.set = "${directory}"`,
    `session.path.set = "${session}"`,
    `network.bind_address.set = ${address}`,
    `network.port_range.set = ${port}-${port}`,
    'network.port_random.set = no',
    'dht.mode.set = off',
    'protocol.pex.set = no',
    'trackers.use_udp.set = yes',
    `log.open_file = "log", "${join(home, 'rtorrent.log')}"`,
    'log.add_output = "info", "log"',
    'log.add_output = "tracker_info", "log"',
    ...more,
    `load.start = "${torrentPath}"`,
  ];
  await mkdir(session, { recursive: true });
  await writeFile(settings, `${lines.join('\n')}\n`);
  return { command: 'rtorrent', args: ['-n', '-o', `import=${settings}`], cwd: home };
}

export const rtorrent: Client = {
  name: 'rtorrent',
  version: { command: 'rtorrent', args: ['-h'] },
  protocols: ['http', 'udp'],
  fetch: place => start(place, 'method.set_key = event.download.finished, quit, ((system.shutdown.normal))'),
  seed: place => start(place),
};
