import type { Torrent } from 'webtorrent';

/**
 * Drops what webtorrent keeps of a torrent and we do not need, some 8 MB of 200 GB: the .torrent and its parts (each connection would keep its own copy, too,
 * for whoever asks), a text for each hash, and the counts for the strategy that we do not use.
 */
export function slimTorrent(torrent: Torrent, hashes: Uint8Array): void {
  torrent.once('metadata', () => {
    torrent._rarityMap?.destroy();
    torrent._rarityMap = null;
    torrent._hashes = textsOf(hashes);
    // Of pieces that are there nobody asks who sends them; a long list of nothing takes room, too.
    if (torrent.pieces.every(piece => piece === null)) torrent._reservations = [];
    torrent.metadata = {};
    torrent.torrentFile = null;
    torrent.info = null;
    torrent.infoBuffer = null;
  });
}

/** A list of hexadecimal hashes that is made as it is read. `hashes`: 20 bytes each. */
function textsOf(hashes: Uint8Array): readonly string[] {
  return new Proxy<readonly string[]>([], {
    get: (_, index) => Buffer.from(hashes.subarray(Number(index) * 20, Number(index) * 20 + 20)).toString('hex'),
  });
}
