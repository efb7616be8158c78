import { BlockList, isIP } from 'node:net';
import type { Torrent, UtPex, Wire } from 'webtorrent';
import { hostOf, listenPortOf } from './peer-address.ts';

/** Whom others may name only when they are of that kind themselves: a stranger must not make us knock on doors of our own network. */
const KINDS = [
  blockList(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']),
  blockList(
    ['10.0.0.0', 8, 'ipv4'],
    ['172.16.0.0', 12, 'ipv4'],
    ['192.168.0.0', 16, 'ipv4'],
    ['100.64.0.0', 10, 'ipv4'],
    ['169.254.0.0', 16, 'ipv4'],
    ['fc00::', 7, 'ipv6'],
    ['fe80::', 10, 'ipv6'],
  ),
];
/** Nobody listens there. */
const NOBODY = blockList(['0.0.0.0', 8, 'ipv4'], ['224.0.0.0', 3, 'ipv4'], ['ff00::', 8, 'ipv6'], ['::', 128, 'ipv6']);
/** A peer that names more than a swarm has makes them up. */
const MOST_NAMED = 2000;
/** Honest clients speak once a minute, by a clock that is not ours, and sometimes sooner: only who speaks much more often is cut off. */
const MOST_MESSAGES = 30;
const MESSAGES_MS = 5 * 60_000;
/** Those who connect at the same time are named together; ut_pex itself speaks every 65 s. */
const FIRST_MS = 1000;

/** Peers tell each other of more peers (BEP 11). webtorrent listens to it and says nothing itself. */
export function exchangePeers(torrent: Torrent): void {
  torrent.on('wire', wire => {
    if (!wire.ut_pex) return;
    checkNames(wire);
    listenPatiently(wire, wire.ut_pex);
    sendIfWanted(wire, wire.ut_pex);
    wire.once('extended', () => introduce(torrent, wire));
    wire.once('close', () => {
      for (const other of torrent.wires) name(other, wire, 'drop');
    });
  });
}

/** Whether a peer at `by` may name `host`. Both without brackets. */
export function mayName(by: string, host: string): boolean {
  if (isIP(host) === 0 || isIn(NOBODY, host)) return false;
  const kind = KINDS.findIndex(list => isIn(list, host));
  const own = KINDS.findIndex(list => isIn(list, by));
  return kind < 0 || (own >= 0 && own <= kind);
}

function checkNames(wire: Wire): void {
  const { ut_pex: pex } = wire;
  const [dial] = pex?.listeners('peer') ?? [];
  let named = 0;
  pex?.removeAllListeners('peer');
  pex?.on('peer', address => {
    const host = address.slice(0, address.lastIndexOf(':'));
    if (++named > MOST_NAMED) wire.destroy();
    else if (mayName(bare(hostOf(wire)), bare(host))) dial?.(address);
  });
}

/** ut_pex itself cuts off whoever speaks twice within 60 s of the wall clock. */
function listenPatiently(wire: Wire, pex: UtPex): void {
  const onMessage = pex.onMessage.bind(pex);
  let since = performance.now();
  let messages = 0;
  pex.onMessage = bytes => {
    const now = performance.now();
    if (now - since >= MESSAGES_MS) [since, messages] = [now, 0];
    if (++messages > MOST_MESSAGES) return wire.destroy();
    pex._lastMessageTimestamp = 0;
    onMessage(bytes);
  };
}

/** A peer may say at any time that it wants no more of it (BEP 10); to send it all the same throws. */
function sendIfWanted(wire: Wire, pex: UtPex): void {
  const send = pex._sendMessage.bind(pex);
  pex._sendMessage = () => {
    if (wire.peerExtendedMapping['ut_pex']) send();
  };
}

function introduce(torrent: Torrent, wire: Wire): void {
  for (const other of torrent.wires) {
    if (other === wire) continue;
    name(other, wire, 'add');
    name(wire, other, 'add');
  }
  setTimeout(() => {
    if (wire.destroyed) return;
    wire.ut_pex?._sendMessage();
    wire.ut_pex?.start();
  }, FIRST_MS).unref();
}

/** Tells `wire` where `other` listens, or that it has gone. */
function name(wire: Wire, other: Wire, what: 'add' | 'drop'): void {
  const port = listenPortOf(other) ?? (other.type === 'tcpOutgoing' ? other.remotePort : undefined);
  if (port === undefined || !wire.ut_pex) return;
  const host = hostOf(other);
  const method = `${what}Peer${host.startsWith('[') ? '6' : ''}` as const;
  wire.ut_pex[method](`${host}:${port}`);
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function isIn(list: BlockList, host: string): boolean {
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(...subnets: [string, number, 'ipv4' | 'ipv6'][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix, type] of subnets) list.addSubnet(net, prefix, type);
  return list;
}
