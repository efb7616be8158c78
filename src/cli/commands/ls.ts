import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { tasksOf } from '../node/tasks.ts';
import { note, print } from '../output/print.ts';
import { taskTable } from '../output/task-lines.ts';

/** What a node is doing: all but history. */
export async function ls(call: Call): Promise<void> {
  const page = await tasksOf(await atNode(call));
  const [group, direction] = [call.text('group'), call.text('direction')];
  const tasks = page.tasks.filter(
    task => (group ?? task.group) === task.group && (direction ?? task.direction) === task.direction,
  );
  if (call.flag('names') && !call.flag('json')) {
    process.stdout.write(tasks.map(({ name }) => `${name}\n`).join(''));
    return;
  }
  print(call, { ...page, tasks }, () => taskTable(tasks));
  if (tasks.length === 0) note('no tasks');
}
