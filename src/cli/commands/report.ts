import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { taskNamed, taskPath } from '../node/tasks.ts';
import { jsonText, shown } from '../output/shown.ts';

/** The delivery report of a task, as its node wrote it. */
export async function report(call: Call): Promise<void> {
  const node = await atNode(call);
  const path = `${taskPath(await taskNamed(node, call, call.args[0] ?? '', { history: true }))}/report`;
  const text = call.flag('json') ? jsonText(await node.get(path)) : shown(await node.text(path, { format: 'text' }));
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
