import type { Torrent, Wire } from 'webtorrent';

/** Has a say in which peer a block is asked of. */
export interface RequestGate {
  allows(wire: Wire, piece: number): boolean;
  /** A block of the piece was asked of the peer. */
  requested(wire: Wire, piece: number): void;
}

/** Puts gates before webtorrent's choice of a peer for a block. */
export function gateRequests(torrent: Torrent, gates: readonly RequestGate[]): void {
  const request = torrent._request.bind(torrent);
  torrent._request = (wire, piece, hotswap) => {
    if (!gates.every(gate => gate.allows(wire, piece))) return false;
    const isRequested = request(wire, piece, hotswap);
    if (isRequested) for (const gate of gates) gate.requested(wire, piece);
    return isRequested;
  };
}
