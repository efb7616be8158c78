import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, TestNode } from '../e2e/nodes.ts';
import { KillRounds } from '../hashtable/kill-rounds.ts';
import { atEnd } from './at-end.ts';
import { type Bench, mustBe } from './bench.ts';
import { timed } from './program.ts';

const COMPLETE_EVERY = 5;

/** kill -9 at random moments of a receiver that watches its storage, while files there come, change, move and go. */
export const hashKills: Bench = {
  name: 'hash-kills',
  title: 'kill -9 at random moments while the hash table is kept',
  isLong: true,
  async *run({ count = 200 }) {
    const root = await mkdtemp(join(tmpdir(), 'bftv2-bench-'));
    const node = new TestNode(root, await freePort(), { servertype: 'receiver', loglevel: 'warn' });
    const stop = atEnd(() => node.end('SIGKILL'));
    const victim = { start: () => node.start(), kill: async () => void (await node.end('SIGKILL')) };
    const rounds = new KillRounds(root, { path: join(root, 'hashtable.txt'), storage: join(root, 'dcp') });
    try {
      const seconds = await timed(() => rounds.run(() => victim, count, COMPLETE_EVERY, victim));
      const of = `${rounds.kills} kills`;
      const row = (what: string, samples: number[]) => ({ of, what, unit: 'count' as const, samples });
      yield {
        ...row('rows that were wrong', [0]),
        goal: mustBe('none', rounds.checked > 0),
        remark: `${rounds.checked} were compared`,
      };
      yield row('times that the table was complete after the next start', [rounds.completed]);
      yield row('rows without a known state that a copy would refuse', [rounds.hints]);
      yield { of, what: 'time', unit: 's', samples: [seconds] };
    } finally {
      await node.end('SIGKILL');
      stop();
      await rm(root, { recursive: true, force: true });
    }
  },
};
