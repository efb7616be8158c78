import type { NodesPage } from '../../api/rest/shapes.ts';
import type { TorrentView } from '../../api/torrents.ts';
import { METHODS } from '../../core/method.ts';
import type { Ledger } from '../../transfer/ledger.ts';

type Other = NodesPage['others'][number];

/**
 * Those with whom the running tasks have to do. What came is counted by the ledgers; rates of peers are the engine's, of HTTP they are known where a
 * task has one source only.
 */
export function othersOf(ledgers: readonly Ledger[], torrents: readonly TorrentView[]): Other[] {
  const others = new Map<string, Other>();
  const add = (address: string, method: Other['method'], more: Partial<Other>) => {
    const key = `${method} ${address}`;
    const known = others.get(key) ?? { address, method, tasks: 0, received: 0, wasted: 0, downrate: 0, uprate: 0 };
    others.set(key, {
      ...known,
      tasks: known.tasks + (more.tasks ?? 0),
      received: known.received + (more.received ?? 0),
      wasted: known.wasted + (more.wasted ?? 0),
      downrate: known.downrate + Math.round(more.downrate ?? 0),
      uprate: known.uprate + Math.round(more.uprate ?? 0),
    });
  };
  const met = new Set<string>();
  for (const ledger of ledgers) {
    for (const method of METHODS) {
      const { counted, rate } = ledger.meters[method];
      const sources = Object.entries(counted.sources);
      for (const [address, { bytes, wasted }] of sources) {
        const downrate = method !== 'bt' && sources.length === 1 ? rate : 0;
        add(address, method, { tasks: 1, received: bytes, wasted, downrate });
        met.add(`${method} ${address}`);
      }
    }
  }
  for (const { peers } of torrents) {
    for (const { address, source = address, rates } of peers) {
      const tasks = met.has(`bt ${source}`) ? 0 : 1;
      add(source, 'bt', { tasks, downrate: rates.down, uprate: rates.up });
    }
  }
  return [...others.values()].sort((a, b) => b.received - a.received || (a.address < b.address ? -1 : 1));
}
