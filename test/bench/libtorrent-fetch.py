# Fetches one torrent with libtorrent and ends when it has every byte. Arguments: torrent, directory.
import sys
import time

import libtorrent

session = libtorrent.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False,
    'enable_upnp': False, 'enable_natpmp': False, 'enable_outgoing_utp': False, 'enable_incoming_utp': False,
    'allow_multiple_connections_per_ip': True,
})
handle = session.add_torrent({'ti': libtorrent.torrent_info(sys.argv[1]), 'save_path': sys.argv[2]})
while not handle.status().is_seeding:
    time.sleep(0.01)
