import { BftError } from '../../core/errors.ts';
import type { Call, Run } from '../call.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { Refusal } from '../failure.ts';
import { atNode } from '../node/at-node.ts';
import type { NodeClient } from '../node/node-client.ts';
import { directionOf, taskNamed, taskPath, tasksOf } from '../node/tasks.ts';
import { note, print } from '../output/print.ts';

interface Done {
  readonly name: string;
  readonly desc: string;
}

/** Of each task named. Ends with the code of the last refusal; the others are done all the same. */
const each =
  (action: 'pause' | 'resume'): Run =>
  async call => {
    const node = await atNode(call);
    return await forEach(call, call.args, async text => act(node, call, action, await taskNamed(node, call, text)));
  };

export const pause = each('pause');
export const resume = each('resume');

/** Tasks by name, or with --all every one that failed. */
export const retry: Run = async call => {
  if (call.flag('all') === call.args.length > 0) throw new BftError('USAGE', 'retry wants names of tasks, or --all');
  const node = await atNode(call);
  if (!call.flag('all'))
    return await forEach(call, call.args, async text => act(node, call, 'retry', await taskNamed(node, call, text)));
  const failed = (await tasksOf(node)).tasks.filter(
    ({ status, actions }) => ['failed', 'retrying', 'nosource'].includes(status) && actions.includes('retry'),
  );
  if (failed.length > 0)
    return await forEach(call, failed, ({ name, direction }) => act(node, call, 'retry', name, direction));
  note('no task has failed');
  return EXIT.nothingToDo;
};

async function act(
  node: NodeClient,
  call: Call,
  action: string,
  name: string,
  direction = directionOf(call).direction,
): Promise<Done> {
  const { desc } = await node.post<{ desc: string }>(`${taskPath(name)}/${action}`, {}, { direction });
  return { name, desc };
}

async function forEach<T>(call: Call, items: readonly T[], work: (item: T) => Promise<Done>): Promise<number> {
  let code: number = EXIT.ok;
  for (const item of items) {
    try {
      const done = await work(item);
      print(call, done, () => `${done.desc}  ${done.name}`);
    } catch (error) {
      const isLast = items.at(-1) === item;
      if (isLast || !(error instanceof Refusal || error instanceof BftError)) throw error;
      code = exitCodeOf(error.code, error.status);
      note(`${error.code}: ${error.message}\n  ${error.next}`);
    }
  }
  return code;
}
