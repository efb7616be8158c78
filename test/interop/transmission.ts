import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, Place } from './client.ts';
import type { Command } from './foreign-process.ts';

async function start({ torrentPath, directory, home, address, port }: Place): Promise<Command> {
  const settings = {
    'bind-address-ipv4': address,
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
  };
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings));
  const args = ['--config-dir', home, '--download-dir', directory, '--port', String(port), '--no-portmap', torrentPath];
  return { command: 'transmission-cli', args, cwd: home };
}

export const transmission: Client = {
  name: 'transmission',
  version: { command: 'transmission-cli', args: ['--version'] },
  protocols: ['http', 'udp'],
  onlyIsDialled: true,
  skipsEmptyFiles: true,
  completeText: /Seeding/,
  fetch: start,
  seed: start,
};
