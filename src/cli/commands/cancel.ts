import { createInterface } from 'node:readline/promises';
import { BftError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { TaskDetail } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { atNode } from '../node/at-node.ts';
import { taskNamed, taskOf, taskPath } from '../node/tasks.ts';
import { note, print } from '../output/print.ts';
import { shown } from '../output/shown.ts';

/** Stops a task. What is deleted is named before it is asked for. */
export async function cancel(call: Call): Promise<number> {
  const node = await atNode(call);
  const name = await taskNamed(node, call, call.args[0] ?? '');
  const task = await taskOf(node, call, name);
  const files = call.flag('delete-files');
  const confirm = await (files ? confirmedName(call, task) : agreed(call, task));
  if (confirm === undefined) {
    note('nothing was done');
    return EXIT.nothingToDo;
  }
  const body = files ? { files, confirm } : {};
  // The direction that was shown is the one that is cancelled.
  const { direction } = task;
  const { desc } = await node.post<{ desc: string }>(`${taskPath(name)}/cancel`, body, { direction });
  print(call, { name, desc }, () => `${desc}  ${name}`);
  return EXIT.ok;
}

/** '' when they agree. */
async function agreed(call: Call, task: TaskDetail): Promise<string | undefined> {
  if (call.flag('yes')) return '';
  const finished = 'a finished package stays';
  const question = `Cancel ${task.name} (${task.direction})? Its partial data goes, ${finished}. [y/N] `;
  return /^y(es)?$/i.test(await ask(call, question, '--yes')) ? '' : undefined;
}

/** The name of the package, which is typed to delete it. Throws USAGE when another was given. */
async function confirmedName(call: Call, task: TaskDetail): Promise<string | undefined> {
  const given = call.text('confirm');
  const where = task.dcppath || task.package;
  const question = `This deletes ${formatBytes(task.deletable)} for ever: ${where}\nType the name of the package to delete it: `;
  const typed = given ?? (await ask(call, question, `--confirm ${task.package}`));
  if (typed === task.package) return typed;
  if (given === undefined) return undefined;
  throw new BftError('USAGE', `--confirm ${given} is not the name of the package: ${task.package}`);
}

/** Throws USAGE where there is no person to ask. */
async function ask(call: Call, question: string, option: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new BftError('USAGE', `cancel asks first, and this is no terminal: give ${option}`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(shown(question), { signal: call.signal })).trim();
  } finally {
    lines.close();
  }
}
