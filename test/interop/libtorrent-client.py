"""Fetches or serves one torrent by libtorrent until it is ended: TORRENT DIRECTORY ADDRESS PORT. Prints `complete` when all is there."""

import sys

import libtorrent

torrent, directory, address, port = sys.argv[1:]
session = libtorrent.session(
    {
        "listen_interfaces": f"{address}:{port}",
        "outgoing_interfaces": address,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "alert_mask": libtorrent.alert.category_t.error_notification
        | libtorrent.alert.category_t.status_notification
        | libtorrent.alert.category_t.tracker_notification
        | libtorrent.alert.category_t.connect_notification,
    }
)
session.add_torrent({"ti": libtorrent.torrent_info(torrent), "save_path": directory})
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        print(alert.what(), alert.message(), flush=True)
        if isinstance(alert, libtorrent.torrent_finished_alert):
            print("complete", flush=True)
