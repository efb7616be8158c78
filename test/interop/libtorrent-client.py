"""Fetches or serves one torrent by libtorrent until it is ended: TORRENT DIRECTORY ADDRESS PORT. Prints `complete` when all is on disk."""

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
        | libtorrent.alert.category_t.connect_notification
        | libtorrent.alert.category_t.storage_notification,
    }
)
handle = session.add_torrent({"ti": libtorrent.torrent_info(torrent), "save_path": directory})
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        print(alert.what(), alert.message(), flush=True)
        # Finished is what is checked in memory; it may still have to be written.
        if isinstance(alert, libtorrent.torrent_finished_alert):
            handle.flush_cache()
        elif isinstance(alert, libtorrent.cache_flushed_alert) and handle.status().is_finished:
            print("complete", flush=True)
