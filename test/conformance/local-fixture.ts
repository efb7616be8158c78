import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/core/log.ts';
import { unlessAborted } from '../../src/core/unless-aborted.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import { LocalTransport } from '../../src/transports/local/transport.ts';
import type { SamplePackage } from '../transports/sample-package.ts';
import type { Fixture } from './fixture.ts';

/** Lets bytes pass until it is told to hold them. */
class Valve {
  passed = 0;
  #limit = Infinity;
  #opened = Promise.withResolvers<void>();

  hold(after: number | undefined): void {
    this.#limit = after === undefined ? Infinity : this.passed + after;
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
  }

  readonly take = async (bytes: number, signal: AbortSignal): Promise<void> => {
    while (this.passed >= this.#limit) await unlessAborted(this.#opened.promise, signal);
    this.passed += bytes;
  };
}

/** Who has a package publishes it by writing it into the hash table, as people do: of such rows nobody knows what the files were. */
function tableSender(table: string): Transport<'local'> {
  const published = new Set<string>();
  return {
    method: 'local',
    async publish(item, signal) {
      signal.throwIfAborted();
      const rows = item.task.filelist.map(({ file, hash }) => `${hash}  ${item.sourcePath(file)}\n`);
      await appendFile(table, rows.join(''));
      published.add(item.name);
    },
    async withdraw({ name }) {
      published.delete(name);
    },
    async fetch() {},
    async status({ name }) {
      return published.has(name) ? { state: 'available' } : { state: 'unavailable', reason: 'not in the table' };
    },
  };
}

export async function localFixture(): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), 'local-fixture-'));
  const path = join(root, 'hashtable.txt');
  const table = new HashTable({ log: silentLog }, () => ({ path, storage: tmpdir() }));
  const valve = new Valve();
  return {
    sender: tableSender(path),
    receiver: new LocalTransport({ find: wanted => table.find(wanted), log: silentLog, throttle: valve.take }),
    address: () => {},
    bytes: () => valve.passed,
    isIdle: () => true,
    lie: flipFiles,
    holdAfter: bytes => valve.hold(bytes),
    stop: async () => {
      await table.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Somebody has written to the files since they were entered into the table, or has put them back. */
async function flipFiles(isLying: boolean, sample: SamplePackage): Promise<void> {
  for (const [file, bytes] of Object.entries(sample.files)) {
    const path = join(sample.layout.packagePath, file);
    const wrong = Buffer.from(bytes);
    if (isLying) for (let at = 0; at < wrong.length; at += 1000) wrong[at] = (wrong[at] ?? 0) ^ 1;
    if (!(await readFile(path)).equals(wrong)) await writeFile(path, wrong);
  }
}
