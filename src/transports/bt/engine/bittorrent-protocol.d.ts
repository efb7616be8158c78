/** What we use of bittorrent-protocol 5.0.9, the one that webtorrent itself loads; all of it private. */
declare module 'bittorrent-protocol' {
  import type { Wire } from 'webtorrent';

  const wire: { readonly prototype: Wire };
  export default wire;
}
