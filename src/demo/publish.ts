import { join } from 'node:path';
import { taskFileName } from '../task/names.ts';
import type { Ratio } from '../task/ratio.ts';
import { NodeFailure } from './failure.ts';
import { BASESUBDIR } from './node/config.ts';
import { type DemoNode, quoting } from './node/node.ts';
import type { SentPackage } from './package.ts';
import { ratioText } from './report/ratio.ts';
import type { View } from './view/view.ts';
import { poll, StallWatch } from './waiting.ts';

const STALL_MS = 300_000;

export interface Publication {
  readonly sent: SentPackage;
  readonly ratio: Ratio;
  readonly tracker: string;
}

/** Has the sender make the task and its torrents. Returns the path of the task file. */
export async function makeTask(sender: DemoNode, { sent, ratio, tracker }: Publication, signal: AbortSignal) {
  const taskfile = join(sender.place.sendingTmp, taskFileName(BASESUBDIR, sent.name));
  const task = { dcppath: sent.path, taskfile };
  const choices = { btobscdn: ratioText(ratio), policy: 'fulltime', tracker, seedtime: '72' };
  const finished = async () => {
    const { status } = await sender.client.order('taskfilesquery', task);
    return status === 'finished' || undefined;
  };
  await quoting(sender, async () => {
    await sender.client.order('gentask', { ...task, basesubdir: BASESUBDIR, ...choices });
    await poll('making the task', finished, signal);
  });
  return taskfile;
}

/** Has the sender send, and waits until all methods have what receivers will ask for. Returns where the task file is then. */
export async function send(sender: DemoNode, taskfile: string, view: View, signal: AbortSignal): Promise<string> {
  const name = taskfile.slice(taskfile.lastIndexOf('/') + 1);
  const stall = new StallWatch(STALL_MS);
  const ready = async () => {
    const {
      status = 'unknown',
      desc = '',
      detail = desc,
      obsstatus = '',
      taskfile: path,
    } = await uploadProgress(sender, name);
    if (status === 'error') throw new NodeFailure(`${sender.name} could not send: ${detail}`);
    view.progress([`  obs ${obsstatus}`], `obs ${obsstatus}`);
    stall.see('sending', `${status}, obs ${obsstatus}`);
    return status === 'ready' ? (path ?? taskfile) : undefined;
  };
  return await quoting(sender, async () => {
    await sender.client.order('send', { taskfile, reactive: 'true' });
    return await poll('sending', ready, signal);
  });
}

async function uploadProgress({ client }: DemoNode, taskfile: string) {
  const { return_content } = await client.ask('uploadprogress', { taskfile });
  return return_content;
}
