import { type Flow, isHeld } from '../transfer/rate-limits.ts';
import type { BtEngine, EngineListing } from '../transports/bt/engine.ts';

/** What the torrents move, both ways, each for its task. */
export function torrentFlows(engine: BtEngine): Flow[] {
  return engine.list().flatMap(listing => flows(engine, listing));
}

/** The engine takes both limits of a torrent at once. */
function flows(engine: BtEngine, { task, limits, stats: { infoHash, downRate, upRate } }: EngineListing): Flow[] {
  let { download, upload } = limits;
  const apply = (down: number | null, up: number | null) =>
    engine.setTorrentLimits(infoHash, { download: down, upload: up });
  return [
    {
      task,
      method: 'bt',
      direction: 'down',
      rate: downRate,
      isHeld: isHeld(downRate, limits.download ?? undefined),
      limit: rate => apply((download = rounded(rate)), upload),
    },
    {
      task,
      method: 'bt',
      direction: 'up',
      rate: upRate,
      isHeld: isHeld(upRate, limits.upload ?? undefined),
      limit: rate => apply(download, (upload = rounded(rate))),
    },
  ];
}

const rounded = (rate: number | undefined) => (rate === undefined ? null : Math.ceil(rate));
