import { BlockList, isIPv4 } from 'node:net';

const PRIVATE = new BlockList();
/** RFC 6890 and its like: this host, private, shared, loopback, link-local, test, multicast and reserved addresses. */
const V4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/3';
/** The same, and the ways to write an IPv4 address as one of IPv6 (those that Node maps by itself are held by the list above). */
const V6 = '::/127 64:ff9b::/96 64:ff9b:1::/48 2002::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8';
for (const [family, nets] of [
  ['ipv4', V4],
  ['ipv6', V6],
] as const) {
  for (const net of nets.split(' ')) {
    const [address = '', prefix] = net.split('/');
    PRIVATE.addSubnet(address, Number(prefix), family);
  }
}

/** True for an IP address that is not of the public internet. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
