/** What we use of bittorrent-protocol 5.0.9, the one that webtorrent itself loads; all of it private. */
declare module 'bittorrent-protocol' {
  import type { Wire } from 'webtorrent';

  /** `type`: who dialled; `encryption` 0: none. */
  const wire: { readonly prototype: Wire; new (type: string, encryption: 0 | 1): Wire };
  export default wire;
}
