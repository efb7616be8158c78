// A BitTorrent client as version 1.0 had one: all that it knows is a .torrent. Says a line per piece and ends when it has them all.
// `v1-client.fixture.ts TORRENT DIRECTORY [BYTES_PER_SECOND]`
import { readFile } from 'node:fs/promises';
import WebTorrent from 'webtorrent';

const [torrentPath = '', directory = '', rate] = process.argv.slice(2);
const client = new WebTorrent({
  torrentPort: 0,
  utp: false,
  dht: false,
  lsd: false,
  natUpnp: false,
  natPmp: false,
  webSeeds: false,
  tracker: { wrtc: false },
  secure: 0,
});
if (rate !== undefined) client.throttleDownload(Number(rate));
const torrent = client.add(await readFile(torrentPath), { path: directory });
torrent.on('verified', piece => console.log(`piece ${piece}`));
torrent.on('done', () => client.destroy(() => {}));
