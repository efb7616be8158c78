import type { ClientOptions } from 'webtorrent';
import type { EngineOptions } from '../protocol.ts';

/** webtorrent's options. What reaches beyond the swarm of a torrent (DHT, LSD) is off unless it is wanted; ports are never opened in a router. */
export function clientOptions({ port, peers, pex, dht, lsd }: EngineOptions): ClientOptions {
  return {
    torrentPort: port,
    // On the same port: one to open in a firewall, UDP and TCP.
    dhtPort: port,
    maxConns: peers,
    utPex: pex,
    dht,
    lsd,
    utp: false,
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
    tracker: { wrtc: false },
    secure: 1,
  };
}
