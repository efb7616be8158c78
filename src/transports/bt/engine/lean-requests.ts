import type { Torrent, Wire } from 'webtorrent';

/** webtorrent itself fills a pipeline when half of it is used up; the longest one holds 2,000 requests. */
const USED_UP = 1 / 8;
/** A speed decides how much is asked for, so that it must not lag behind much. */
const SPEED_STEP_MS = 10;

/**
 * Spares work that webtorrent does for each block: it looks for something to ask of every peer, also when everything is asked for already, and
 * for a slower peer to take blocks from (stalls.ts knows better when).
 */
export function leanRequests(torrent: Torrent): void {
  torrent._hotswap = () => false;
  updateOnce(torrent);
  updateWhenUsedUp(torrent);
  torrent.on('wire', wire => {
    wire.downloadSpeed = sparsely(wire.downloadSpeed);
    wire.uploadSpeed = sparsely(wire.uploadSpeed);
  });
}

/** At most once in a turn of the event loop. */
function updateOnce(torrent: Torrent): void {
  const update = torrent._update.bind(torrent);
  let isDue = false;
  torrent._update = () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      update();
    });
  };
}

/** A peer is asked for more when a part of what it was asked for has come. */
function updateWhenUsedUp(torrent: Torrent): void {
  const updateWire = torrent._updateWire.bind(torrent);
  const asked = new WeakMap<Wire, number>();
  torrent._updateWire = wire => {
    if (wire.requests.length > (asked.get(wire) ?? Number.POSITIVE_INFINITY) * (1 - USED_UP)) return;
    updateWire(wire);
    asked.set(wire, wire.requests.length);
  };
}

type Speed = (bytes?: number) => number;

/** A speedometer that is not turned for every block. */
function sparsely(speed: Speed): Speed {
  let [pending, value, at] = [0, 0, 0];
  return (bytes = 0) => {
    pending += bytes;
    const now = performance.now();
    if (now - at >= SPEED_STEP_MS) {
      value = speed(pending);
      pending = 0;
      at = now;
    }
    return value;
  };
}
