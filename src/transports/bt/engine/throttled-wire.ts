import type { Torrent, Wire } from 'webtorrent';
import { socketOf } from './socket-of.ts';
import type { RateLimit } from './rate-limit.ts';

/** Holds back what comes in from the torrent's peers, and by it, through TCP, those who send it. */
export function throttleDownloads(torrent: Torrent, limit: RateLimit): void {
  torrent.on('wire', wire => throttle(torrent, wire, limit));
}

function throttle(torrent: Torrent, wire: Wire, limit: RateLimit): void {
  const write = wire._write.bind(wire);
  let isClosed = false;
  let skip = () => {};
  wire._write = (bytes, done) => {
    if (isClosed) return done(null);
    skip = () => done(null);
    limit.take(bytes.length, () => {
      if (isClosed) return;
      skip = () => {};
      write(bytes, done);
    });
  };
  // A connection that ended gives its blocks back now, not when its turn comes.
  socketOf(torrent, wire)?.once('close', () => {
    isClosed = true;
    skip();
  });
}
