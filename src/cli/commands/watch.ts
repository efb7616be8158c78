import { setTimeout as pause } from 'node:timers/promises';
import type { TasksPage } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { follow } from '../node/follow.ts';
import type { NodeClient } from '../node/node-client.ts';
import { patiently } from '../node/patience.ts';
import { taskNamed, taskOf, tasksOf } from '../node/tasks.ts';
import { rateOf } from '../output/figures.ts';
import { type Progress, progressOn } from '../output/progress.ts';
import { taskTable } from '../output/task-lines.ts';
import { jsonText } from '../output/shown.ts';

const LOOK_MS = 2000;
const SILENT: Progress = { show() {}, close() {} };

/** One task until it ends, or all of them until Ctrl-C. With --json a line per look. */
export async function watch(call: Call): Promise<number> {
  const node = await atNode(call);
  const [text] = call.args;
  const line = (value: object) => void process.stdout.write(`${jsonText(value)}\n`);
  const onLook = call.flag('json') ? line : undefined;
  const progress = onLook ? SILENT : await progressOn(process.stdout);
  if (text === undefined) return await watchAll(node, progress, call.signal, onLook);
  const name = await taskNamed(node, call, text, { history: true });
  return await follow(() => taskOf(node, call, name), progress, call.signal, onLook);
}

async function watchAll(
  node: NodeClient,
  progress: Progress,
  signal: AbortSignal,
  onLook: (page: TasksPage) => void = () => {},
): Promise<never> {
  const ask = patiently(
    () => tasksOf(node),
    why => progress.show([why], why),
    signal,
  );
  try {
    for (;;) {
      const page = await ask();
      onLook(page);
      const { name, servertype, now, down, up } = page.node;
      const head = `${name} (${servertype})  ${now}  down ${rateOf(down)}  up ${rateOf(up)}`;
      progress.show([head, '', ...taskTable(page.tasks).split('\n')], `${head}\n${taskTable(page.tasks)}`);
      await pause(LOOK_MS, undefined, { signal });
    }
  } finally {
    progress.close();
  }
}
