import type { Config } from '../config/schema.ts';
import { asBftError } from '../core/errors.ts';
import { shownUrl } from '../core/shown-url.ts';
import { Layout, publishedUrl } from '../task/layout.ts';
import { LIST_KEY, type TaskFile } from '../task/task-file.ts';
import { fileUrl } from '../transports/http/client.ts';
import { fault, type Finding, ok, skipped, warning } from './finding.ts';
import type { Site, SiteTask } from './site.ts';

/** What is asked for: `size` is what must come, undefined where any answer of a web server will do. */
interface Wanted {
  readonly what: string;
  readonly address: string;
  readonly size: number | undefined;
}

/** It must be there, of whatever size. */
const ANY = -1;

/** The sender's own address and the CDN answer; where there are tasks, with the largest file of the cdn share (BM-04). */
export async function checkAddresses(site: Site): Promise<Finding[]> {
  const { senderdomain, cdnurl } = site.config;
  const tasks = await site.tasks();
  const bases: Wanted[] = [
    { what: 'senderdomain', address: senderdomain, size: undefined },
    { what: 'cdnurl', address: cdnurl, size: undefined },
  ].filter(({ address }) => address !== '');
  const wanted = [
    ...bases,
    ...published(site.config, tasks),
    ...tasks.slice(0, 3).flatMap(({ task }) => largestOfCdn(task)),
  ];
  if (wanted.length === 0) return [skipped('neither the configuration nor a task names a web server')];
  return await Promise.all(wanted.map(one => ask(site, one)));
}

/** What tasks made now would name: the latest task of this sender may have been made with another configuration. */
function published({ servertype, senderdomain, cdnurl, basedatapath }: Config, tasks: readonly SiteTask[]): Wanted[] {
  const sent = tasks.find(({ direction, task }) => direction === 'sent' && task.bt.url !== '')?.task;
  if (servertype !== 'sender' || !sent) return [];
  const layout = Layout.at(basedatapath, sent.basesubdir, sent.name);
  const torrent = publishedUrl(senderdomain, basedatapath, layout.torrentPath);
  const cdn = { ...sent, cdn: { url: publishedUrl(cdnurl, basedatapath, layout.packagePath) } };
  return [
    ...(torrent === sent.bt.url ? [] : [{ what: 'senderdomain', address: torrent, size: ANY }]),
    ...(cdn.cdn.url === sent.cdn.url ? [] : largestOfCdn(cdn).map(one => ({ ...one, what: 'cdnurl' }))),
  ];
}

function largestOfCdn(
  task: Pick<TaskFile, 'name' | 'type' | 'filelist' | (typeof LIST_KEY)['cdn']> & { cdn: { url?: string } },
): Wanted[] {
  const listed = new Set(task[LIST_KEY.cdn]);
  const [largest] = task.filelist.filter(({ file }) => listed.has(file)).toSorted((a, b) => b.size - a.size);
  const { url } = task.cdn;
  if (!largest || !url) return [];
  const address = task.type === 'file' ? url : fileUrl(url, largest.file);
  return [{ what: `cdn of ${task.name}`, address, size: largest.size }];
}

async function ask(site: Site, { what, address, size }: Wanted): Promise<Finding> {
  const shown = `${what} ${shownUrl(address)}`;
  try {
    const answer = await site.head(address);
    if (answer.status >= 500 || (size !== undefined && answer.status !== 200))
      return fault(`${shown} answers with HTTP status ${answer.status}`, next(what, site));
    if (size !== undefined && size !== ANY && answer.size !== undefined && answer.size !== size)
      return fault(`${shown} has ${answer.size} bytes, not ${size}`, 'Refresh it in the CDN, or make the task again.');
    if (answer.status >= 400 && size === undefined) return reached(shown, answer.status);
    return ok(`${shown} answers`);
  } catch (cause) {
    const { code, message } = asBftError(cause, 'SOURCE_UNREACHABLE', shown);
    return { ...fault(`${what}: ${message}`, next(what, site)), code };
  }
}

/** A CDN need not have anything at its root. */
const reached = (shown: string, status: number) =>
  status === 401 || status === 403
    ? warning(
        `${shown} answers with HTTP status ${status}`,
        'If its files are refused, too, let this node through there.',
      )
    : ok(`${shown} answers`);

function next(what: string, { config: { servertype } }: Site): string {
  if (what === 'senderdomain')
    return 'Check "senderdomain", and that the web server (originlisten, nginx or Apache) runs and is let through.';
  // The key is the sender's: elsewhere the address comes with the task.
  return servertype === 'sender' || what === 'cdnurl'
    ? 'Check "cdnurl" (curl -I <address>), DNS, and the origin of the CDN.'
    : 'Check it (curl -I <address>), DNS and the line of this node; else ask the sender, whose task names it.';
}
