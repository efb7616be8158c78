import type { Wire } from 'webtorrent';

/** The host of a peer. Node names an IPv4 peer of a dual-stack socket by its mapped IPv6 address. */
export function hostOf({ remoteAddress = '' }: Wire): string {
  const host = remoteAddress.replace(/^::ffff:/, '').replace(/^\[(.*)\]$/, '$1');
  return host.includes(':') ? `[${host}]` : host;
}

/** `host:port` of a peer as connected. */
export function addressOf(wire: Wire): string {
  return `${hostOf(wire)}:${wire.remotePort ?? 0}`;
}

/** The port on which a peer says it listens, if it said so. */
export function listenPortOf({ peerExtendedHandshake }: Wire): number | null {
  const { p: port } = peerExtendedHandshake;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

/** What a peer is called in the accounts: where it listens, so that it is the same one when it comes back; else as connected. */
export function sourceOf(wire: Wire): string {
  const port = listenPortOf(wire);
  return port === null ? addressOf(wire) : `${hostOf(wire)}:${port}`;
}
