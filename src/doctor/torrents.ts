import { readFile } from 'node:fs/promises';
import { asBftError, BftError, ERRORS, notThere } from '../core/errors.ts';
import { Layout } from '../task/layout.ts';
import { MAX_TORRENT_BYTES, parseTorrent } from '../torrent/parse.ts';
import { failed, fault, type Finding, ok, skipped } from './finding.ts';
import type { Site, SiteTask } from './site.ts';

const MOST = 5;

/** The torrents that others fetch are those of the tasks, not older ones that a CDN kept (points 4 and 5 of the original's list). */
export async function checkTorrents(site: Site): Promise<Finding[]> {
  const tasks = (await site.tasks()).filter(({ task }) => task.bt.url !== '').slice(0, MOST);
  if (tasks.length === 0) return [skipped('no task is here whose torrents could be compared')];
  const findings = await Promise.all(
    tasks.flatMap(task => torrentsOf(site.config.basedatapath, task).map(one => compare(site, one))),
  );
  const wrong = findings.filter(({ verdict }) => verdict !== 'ok');
  return wrong.length > 0 ? wrong : [ok(`the torrents of ${tasks.length} tasks are those that their addresses give`)];
}

interface PublishedTorrent {
  readonly task: string;
  readonly address: string;
  /** As the task says; undefined: an original sender made it. */
  readonly infoHash: string | undefined;
  /** At the sender. */
  readonly path: string | undefined;
}

function torrentsOf(root: string, { name, direction, task }: SiteTask): PublishedTorrent[] {
  const layout = direction === 'sent' ? Layout.at(root, task.basesubdir, task.name) : undefined;
  const { url, tmpurl, infohash, tmpinfohash } = task.bt;
  const full = { task: name, address: url, infoHash: infohash, path: layout?.torrentPath };
  const tmp = { task: name, address: tmpurl ?? '', infoHash: tmpinfohash, path: layout?.tmpTorrentPath };
  return tmp.address === '' || task.btlist.length === 0 ? [full] : [full, tmp];
}

async function compare(site: Site, { task, address, infoHash, path }: PublishedTorrent): Promise<Finding> {
  try {
    const local = path === undefined ? undefined : await localHash(path);
    const wanted = infoHash ?? local;
    if (local !== undefined && infoHash !== undefined && local !== infoHash)
      return fault(`${task}: ${path} is not the torrent that the task was made with`, ERRORS.TORRENT_MISSING.next);
    const published = parseTorrent(await site.bytes(address, MAX_TORRENT_BYTES), address).infoHash;
    if (wanted === undefined || published === wanted) return ok(`${task}: ${address}`);
    throw new BftError(
      'TORRENT_MISMATCH',
      `${task}: ${address} gives another torrent (${published}) than the task has (${wanted})`,
    );
  } catch (cause) {
    return failed(asBftError(cause, 'TORRENT_MISSING', task));
  }
}

async function localHash(path: string): Promise<string> {
  const bytes = await readFile(path).catch(notThere);
  if (!bytes) throw new BftError('TORRENT_MISSING', `${path} is gone`);
  return parseTorrent(bytes, path).infoHash;
}
