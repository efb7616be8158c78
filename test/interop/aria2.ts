import { join } from 'node:path';
import type { Client, Place, Protocol } from './client.ts';
import type { Command } from './foreign-process.ts';

function start({ torrentPath, directory, home, address, port }: Place, protocol: Protocol, ...more: string[]): Command {
  const usesUdp = protocol === 'udp';
  const args = [
    '--no-conf',
    `--dir=${directory}`,
    `--interface=${address}`,
    `--listen-port=${port}`,
    // Without DHT it asks no udp tracker. It is told no other node, so that it speaks to none.
    `--enable-dht=${usesUdp}`,
    `--dht-listen-port=${port}`,
    `--dht-file-path=${join(home, 'dht.dat')}`,
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--file-allocation=none',
    '--summary-interval=1',
    ...more,
    torrentPath,
  ];
  return { command: 'aria2c', args, cwd: home };
}

export const aria2: Client = {
  name: 'aria2',
  version: { command: 'aria2c', args: ['--version'] },
  protocols: ['http', 'udp'],
  fetch: async (place, protocol) => start(place, protocol, '--seed-time=0'),
  seed: async (place, protocol) => start(place, protocol, '--check-integrity=true', '--seed-ratio=0.0'),
};
