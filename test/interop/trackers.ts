import bencode from 'bencode';
import { freePort } from '../e2e/nodes.ts';
import type { Protocol } from './client.ts';
import type { ForeignProcesses } from './foreign-process.ts';
import { startOpentracker } from './opentracker.ts';

const OPENTRACKER_ADDRESS = '127.0.0.3';

/** A tracker that is about to run. */
export interface Tracker {
  /** Its HTTP announce URL; undefined: that of the sender's own. */
  readonly announce?: string;
  /** Configuration of the sender. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Starts it for the one torrent; `home` is a directory of its own. */
  start(processes: ForeignProcesses, home: string, infoHash: string): Promise<void>;
}

/** A way to find peers. */
export interface TrackerKind {
  readonly name: string;
  readonly protocol: Protocol;
  make(): Promise<Tracker>;
}

/** The sender's own, which runs with it. */
const embedded: TrackerKind = {
  name: 'ours http',
  protocol: 'http',
  make: async () => ({ config: {}, start: () => Promise.resolve() }),
};

const opentracker = (protocol: Protocol): TrackerKind => ({
  name: `opentracker ${protocol}`,
  protocol,
  make: async () => {
    const port = await freePort();
    return {
      announce: `http://${OPENTRACKER_ADDRESS}:${port}/announce`,
      config: { tracker: `${protocol}://${OPENTRACKER_ADDRESS}:${port}/announce`, trackerlisten: '' },
      start: (processes, home, infoHash) =>
        startOpentracker(processes, { home, address: OPENTRACKER_ADDRESS, port, infoHash }),
    };
  },
});

export const TRACKERS: readonly TrackerKind[] = [embedded, opentracker('http'), opentracker('udp')];

/** Whether the tracker behind an HTTP announce URL has a peer of the torrent. */
export async function hasPeers(announce: string, infoHash: string): Promise<boolean> {
  const scrape = new URL(`scrape?info_hash=${infoHash.replaceAll(/../g, '%$&')}`, announce);
  const answer = bencode.decode(new Uint8Array(await (await fetch(scrape)).arrayBuffer()));
  const { files = {} } = answer as { files?: Record<string, { complete: number; incomplete: number }> };
  return Object.values(files).some(({ complete, incomplete }) => complete + incomplete > 0);
}
