import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { deadlineOf } from '../task/deadline.ts';
import { notThere } from '../core/errors.ts';
import { failed, fault, type Finding, ok, warning } from './finding.ts';
import type { Site, SiteTask } from './site.ts';

/** What stands beside the task files: those that failed, that cannot be read, that are late. */
export async function checkTasks(site: Site): Promise<Finding[]> {
  const tasks = await site.tasks();
  const findings = [
    ...(await site.unreadable()).map(({ error }) => failed(error)),
    ...(await Promise.all(tasks.map(failure))).flat(),
    ...tasks.flatMap(late),
    ...(await putAside(site.config)),
  ];
  return findings.length > 0 ? findings : [ok(`${tasks.length} tasks wait, move or are served; none has failed`)];
}

/** What the daemon could not read, or had twice. */
async function putAside({ servertype, senderpath, receiverpath }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const root of servertype === 'sender' ? [senderpath, receiverpath] : [receiverpath]) {
    const directory = join(root, 'corrupt');
    const names = ((await readdir(directory).catch(notThere)) ?? []).filter(name => name.endsWith('.task.json'));
    if (names.length > 0)
      findings.push(
        warning(
          `${names.length} task files were put aside into ${directory}, such as ${names[0]}`,
          'The file beside each says why; give it to the node again when it is mended, or remove it.',
        ),
      );
  }
  return findings;
}

/** The daemon writes it beside the task (decision 15): the last line says what to do. */
async function failure({ name, path, direction }: SiteTask): Promise<Finding[]> {
  const beside = path.replace(/\.task\.json$/, '');
  const said = (await readFile(`${beside}${direction === 'sent' ? '.bterr' : '.err'}`, 'utf8').catch(notThere)) ?? '';
  const [why = '', next = ''] = said.trim().split('\n');
  return why === '' ? [] : [fault(`${name} failed: ${why}`, `${next} All its failures: ${beside}.errhistory`)];
}

function late({ name, task, direction }: SiteTask): Finding[] {
  const deadline = direction === 'received' ? deadlineOf(task) : undefined;
  if (deadline === undefined || deadline > Date.now()) return [];
  return [warning(`${name} should have been here at ${task.deadline}`, 'See why it is late: bft show NAME')];
}
