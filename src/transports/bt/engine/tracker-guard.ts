import bencode from 'bencode';
import { Client, type HttpTracker, type UdpTracker } from 'bittorrent-tracker';
import type { Got } from 'got';
import { scanBencode } from '../../../torrent/bencode-scan.ts';
import { createHttpClient } from '../../http/client.ts';
import { guardUdpTracker } from './udp-tracker-guard.ts';

const REQUEST_MS = 15_000;
/** Some 100,000 peers. */
const LONGEST_ANSWER = 1024 * 1024;
/** A tracker may ask for other pauses than these in vain; Node would take a negative, endless or huge one for a millisecond. */
const SHORTEST_INTERVAL_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;

type Parameters = Readonly<Record<string, string | number | Uint8Array>>;

/**
 * bittorrent-tracker believes what a tracker says: an answer without end fills the memory, one that is cut off or stalls ends the process (bittorrent-tracker
 * #524), an interval below zero makes it ask a thousand times a second. With this all of it is a complaint like any other.
 */
export function guardTrackers(): void {
  const client = new Client({
    infoHash: '0'.repeat(40),
    peerId: '0'.repeat(40),
    port: 1,
    announce: ['http://127.0.0.1/announce', 'udp://127.0.0.1:1/announce'],
    wrtc: false,
  });
  const [http, udp] = client._trackers.map(tracker => Object.getPrototypeOf(tracker) as unknown);
  if (!http || !udp) throw new Error('bittorrent-tracker has changed: no trackers to guard');
  guardHttpTracker(http as HttpTracker);
  guardUdpTracker(udp as UdpTracker);
  const all = Object.getPrototypeOf(http) as HttpTracker;
  const setInterval = all.setInterval;
  all.setInterval = function (ms) {
    setInterval.call(this, ms === undefined ? undefined : boundInterval(ms));
  };
  client.destroy();
}

/** Trackers are asked by the client of all received addresses: a few redirects, none from a public host to a private address (hostile input 11). */
function guardHttpTracker(prototype: HttpTracker): void {
  const client = createHttpClient();
  prototype._request = async function (url, parameters, callback) {
    const stop = new AbortController();
    const onDestroy = () => stop.abort();
    this.cleanupFns.push(onDestroy);
    try {
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(REQUEST_MS)]);
      const answer = await ask(client, url, parameters, signal);
      if (!this.destroyed) callback(null, answer);
    } catch (error) {
      callback(error);
    } finally {
      this.cleanupFns.splice(this.cleanupFns.indexOf(onDestroy), 1);
      this.maybeDestroyCleanup?.();
    }
  };
}

export function boundInterval(ms: unknown): number {
  const asked = typeof ms === 'number' && ms > 0 ? ms : LONGEST_INTERVAL_MS;
  return Math.min(Math.max(asked, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}

async function ask(
  client: Got,
  url: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${escapeBytes(value)}`);
  const stream = client.stream(`${url}${url.includes('?') ? '&' : '?'}${query.join('&')}`, { signal });
  const bytes = await readBounded(stream);
  const status = stream.response?.statusCode;
  if (status !== 200) throw new Error(`it answers ${status}`);
  scanBencode(bytes);
  const answer = bencode.decode(bytes) as Record<string, unknown>;
  const { 'failure reason': failure } = answer;
  if (failure !== undefined)
    throw new Error(failure instanceof Uint8Array ? Buffer.from(failure).toString() : 'it fails');
  return answer;
}

async function readBounded(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length > LONGEST_ANSWER) throw new Error(`its answer is longer than ${LONGEST_ANSWER} bytes`);
  }
  return Buffer.concat(parts);
}

/** Hashes and ids are bytes, which trackers want escaped one by one. */
function escapeBytes(value: string | number | Uint8Array): string {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value), 'latin1');
  return Array.from(bytes, byte =>
    /[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`,
  ).join('');
}
