import { Client } from 'bittorrent-tracker';

/**
 * bittorrent-tracker awaits an answer's body without a catch: a tracker that cuts its answer or stalls in the middle of it would end
 * the process (bittorrent-tracker #524). With this it is a complaint like any other.
 */
export function guardTrackerRequests(): void {
  const client = new Client({
    infoHash: '0'.repeat(40),
    peerId: '0'.repeat(40),
    port: 1,
    announce: ['http://127.0.0.1/announce'],
    wrtc: false,
  });
  const [tracker] = client._trackers;
  if (!tracker) throw new Error('bittorrent-tracker has changed: no HTTP tracker to guard');
  const prototype = Object.getPrototypeOf(tracker) as typeof tracker;
  const request = prototype._request;
  prototype._request = async function (url, parameters, callback) {
    try {
      await request.call(this, url, parameters, callback);
    } catch (error) {
      callback(error);
    }
  };
  client.destroy();
}
