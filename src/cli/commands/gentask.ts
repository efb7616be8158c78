import { setTimeout as pause } from 'node:timers/promises';
import { BftError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { Call } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { atNode } from '../node/at-node.ts';
import { type Making, makingOf } from '../node/making.ts';
import type { NodeClient } from '../node/node-client.ts';
import { protocol } from '../node/protocol.ts';
import { bar, durationOf, percentOf, rateOf } from '../output/figures.ts';
import { note, print } from '../output/print.ts';
import { progressOn } from '../output/progress.ts';
import { sendAndWait } from './send.ts';

const LOOK_MS = 1000;

interface Made {
  readonly status?: string;
  readonly desc?: string;
  readonly bytes?: number;
  readonly total?: number;
  readonly rate?: number;
  readonly left?: number;
}

/** Makes the task of a package; with --send sends it when it is made, with --wait until it may be received. */
export async function gentask(call: Call): Promise<number> {
  const [send, wait, raw] = [call.flag('send'), call.flag('wait'), call.flag('raw')];
  if (raw && (send || wait))
    throw new BftError('USAGE', '--raw is the answer to one call: it goes neither with --send nor with --wait');
  const node = await atNode(call);
  const making = await makingOf(call, node);
  const { dcppath, taskfile } = making;
  const params = {
    ...making,
    btobscdn: call.text('ratio') ?? '1:1:1',
    policy: making.policy ?? 'fulltime',
    ...(call.flag('new-torrent') ? { deloldtorrent: 'true' } : {}),
  };
  if (!send && !wait)
    return await protocol(call, node, 'gentask', params, ({ desc }) => `${String(desc)}\n${taskfile}`);
  note(String((await node.ask('gentask', params)).desc));
  await untilMade(node, { dcppath, taskfile }, call.signal);
  if (send) return await sendAndWait(call, node, taskfile, wait);
  print(call, { taskfile }, () => taskfile);
  return EXIT.ok;
}

/** Throws what made it impossible, and TORRENT_MISSING when nobody makes it any more. */
async function untilMade(
  node: NodeClient,
  paths: Pick<Making, 'dcppath' | 'taskfile'>,
  signal: AbortSignal,
): Promise<void> {
  const progress = await progressOn(process.stderr);
  try {
    for (;;) {
      const made: Made = await node.ask('taskfilesquery', paths);
      if (made.status === 'finished') return;
      if (made.desc?.startsWith('no make seed process'))
        throw new BftError('TORRENT_MISSING', `${paths.taskfile} is not being made any more`);
      const { bytes = 0, total = 0, rate = 0, left } = made;
      const sentence = `making ${percentOf(bytes, total || 1)} of ${formatBytes(total)}, ${rateOf(rate)}${left === undefined ? '' : `, ${durationOf(left)}`}`;
      progress.show([`${bar(bytes, total || 1)} ${sentence}`], sentence);
      await pause(LOOK_MS, undefined, { signal });
    }
  } finally {
    progress.close();
  }
}
