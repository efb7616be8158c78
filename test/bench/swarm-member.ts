// A member of the swarm of swarm.ts, in a namespace of its own: `swarm-member.ts MEMBER` as JSON. Says `ready`, waits for a line, says what came of it.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../src/core/log.ts';
import { Tracker } from '../../src/origin/tracker.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { BtEngine } from '../../src/transports/bt/engine.ts';

export interface Member {
  readonly torrentPath: string;
  readonly directory: string;
  readonly isSeed: boolean;
  readonly host: string;
  /** Of the tracker, which the seed runs. */
  readonly trackerPort: number;
}

/** What one did. */
export interface Outcome {
  /** When it had all, seconds after the start. */
  readonly seconds: number;
  readonly received: number;
  readonly sent: number;
  readonly wasted: number;
}

const { torrentPath, directory, isSeed, host, trackerPort } = JSON.parse(process.argv[2] ?? '') as Member;
const metainfo = parseTorrent(await readFile(torrentPath), torrentPath);
const { infoHash } = metainfo;
const files = metainfo.files.map(({ path }) => join(directory, path));
const have = isSeed ? 'all' : Buffer.alloc(Math.ceil(metainfo.pieces.length / 20 / 8)).toString('base64');
const engine = new BtEngine({ log: silentLog }, { port: 0 });
const tracker = new Tracker({ log: silentLog }, { host, port: trackerPort });
if (isSeed) await tracker.start();
await engine.start();
if (isSeed) await engine.add({ infoHash, torrentPath, files, have });
process.stdout.write('"ready"\n');

await once(process.stdin, 'data');
const startedAt = performance.now();
const allDurable = async () => {
  let left = metainfo.pieces.length / 20;
  await new Promise<void>(resolve => {
    engine.on('durable', ({ pieces }) => {
      left -= pieces.length;
      if (left === 0) resolve();
    });
    void engine.add({ infoHash, torrentPath, files, have });
  });
};
if (!isSeed) await allDurable();
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write('"done"\n');

await once(process.stdin, 'end');
const { received = 0, sent = 0, wasted = 0 } = engine.stats(infoHash) ?? {};
const outcome: Outcome = { seconds, received, sent, wasted };
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
