import { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import { asBftError, BftError } from '../core/errors.ts';
import { parseObsUrl } from '../task/obs-url.ts';
import type { ObsKeys } from '../task/task-file.ts';
import { withNamedBucket } from '../transports/obs/access.ts';
import { parseSignedList, MAX_LIST_BYTES } from '../transports/obs/signed-list.ts';
import { LIST_KEY } from '../task/task-file.ts';
import { failed, type Finding, ok, skipped } from './finding.ts';
import type { Site, SiteTask } from './site.ts';

/** A sender opens its buckets with its keys; a receiver reads the lists of signed addresses that its tasks name (BM-04). */
export async function checkBuckets(site: Site): Promise<Finding[]> {
  const tasks = (await site.tasks()).filter(({ task }) => task.obslist.length > 0);
  const lists = tasks.filter(({ direction }) => direction === 'received').slice(0, 3);
  const names = site.config.servertype === 'sender' ? bucketNames(site.config, tasks) : [];
  const findings = [
    ...names.map(name => open(site, name)),
    ...lists.flatMap(({ name, task }) =>
      task.obs.signedlist ? [readList(site, name, task.obs.signedlist, task[LIST_KEY.obs])] : [],
    ),
  ];
  return findings.length === 0
    ? [skipped('neither the configuration nor a task names a bucket')]
    : await Promise.all(findings);
}

function bucketNames({ obsurl }: Config, tasks: readonly SiteTask[]): string[] {
  const sent = tasks.filter(({ direction }) => direction === 'sent').flatMap(({ task }) => task.obs.url ?? []);
  const named = [...sent.map(url => parseObsUrl(url).bucket), obsurl.replace('obs://', '').split('/')[0] ?? ''];
  return [...new Set(named)].filter(name => name !== '');
}

async function open(site: Site, name: string): Promise<Finding> {
  const own = new BucketsFile(() => site.config.buckets);
  const { obsak: accessKey, obssk: secretKey, obsendpoint: endpoint, obsurlstyle: urlStyle } = site.config;
  const keysOf = async (bucket: string): Promise<ObsKeys | undefined> =>
    (await own.keysOf(bucket)) ?? (accessKey && secretKey && endpoint ? { accessKey, secretKey, endpoint } : undefined);
  try {
    await withNamedBucket({ keysOf, urlStyle }, { what: 'doctor', bucket: name, keys: undefined }, async bucket => {
      await bucket.list('dcps/', site.signal()).next();
    });
    return ok(`the bucket ${name} can be listed with the keys of this node`);
  } catch (cause) {
    return failed(asBftError(cause, 'OBS_REFUSED', `the bucket ${name}`));
  }
}

async function readList(site: Site, task: string, address: string, files: readonly string[]): Promise<Finding> {
  try {
    const urls = parseSignedList(await site.bytes(address, MAX_LIST_BYTES), files, address);
    const [url] = urls.values();
    if (url === undefined) return ok(`the signed addresses of ${task} can be read`);
    const { status } = await site.head(url);
    // Signed for GET: most stores refuse to HEAD it, which is an answer, too.
    if (status >= 500) throw new BftError('SOURCE_REFUSES', `the bucket of ${task} answers with HTTP status ${status}`);
    return ok(`the signed addresses of ${task} can be read, and the bucket answers`);
  } catch (cause) {
    return failed(asBftError(cause, 'OBS_SIGNED_LIST', `the signed addresses of ${task}`));
  }
}
