// The BitTorrent engine: a process of its own, forked by src/transports/bt/engine.ts. `main.ts OPTIONS`, the EngineOptions as JSON.
import { errno } from '../../../core/errors.ts';
import type { EngineOptions, FromEngine, ToEngine } from '../protocol.ts';
import { endHashing } from './piece-hash.ts';
import { replacePieceHash } from './replace-piece-hash.ts';

const FAREWELL_MS = 1000;

/** Settles when the parent has been sent everything so far. */
let sent: Promise<unknown> = Promise.resolve();

function send(message: FromEngine): void {
  // Once the channel is closed we end anyway ('disconnect').
  if (process.connected) sent = new Promise(resolve => process.send?.(message, resolve));
}

function die(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  setTimeout(() => process.exit(1), FAREWELL_MS);
  const farewell: FromEngine = { type: 'fatal', errno: errno(error) ?? '', message };
  if (process.connected) process.send?.(farewell, () => process.exit(1));
  else process.exit(1);
}

// The parent holds all state: without it there is nothing to do, and the port has to be free for its successor.
process.on('disconnect', () => process.exit(0));
// A terminal or service manager signals the whole group; the parent stops us in order.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
process.on('uncaughtException', die);

replacePieceHash();
const { guardMessages } = await import('./message-guard.ts');
const { parseInPlace } = await import('./message-parser.ts');
const { guardTrackers } = await import('./tracker-guard.ts');
const { TorrentHost } = await import('./torrent-host.ts');
parseInPlace();
guardMessages();
guardTrackers();
const options = JSON.parse(process.argv[2] ?? '') as EngineOptions;
const host = new TorrentHost({ send, onFatal: die }, options);

async function stop(): Promise<void> {
  await host.stop();
  await endHashing();
  await sent;
  process.disconnect();
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'stop') void stop();
  else host.handle(message);
});
