import type { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { parseObsUrl } from '../task/obs-url.ts';
import type { ObsKeys } from '../task/task-file.ts';

/** Where the package is or will be in the bucket; '' without one. */
function packageObsUrl({ obsurl }: Config, request: GentaskRequest, name: string): string {
  return request.obsurl || (obsurl === '' ? '' : `${obsurl}/dcps/${name}`);
}

/** True when the data lies in the bucket and is brought from there (BN-007); a mounted bucket needs no bringing (BN-006). */
export function comesFromBucket(config: Config, { datasource }: Pick<GentaskRequest, 'datasource'>): boolean {
  return config.machinetype === 'local' && (datasource || config.datasource) === 'obs';
}

export const givesKeys = ({ ak, sk, endpoint }: GentaskRequest): boolean => Boolean(ak || sk || endpoint);

const NO_KEYS: ObsKeys = { accessKey: '', secretKey: '', endpoint: '' };

/** The keys of a new task, value by value: parameters of gentask, then the buckets file, then the configuration (decision 23). A value may be ''. */
async function newTaskKeys(
  config: Config,
  buckets: BucketsFile,
  request: GentaskRequest,
  url: string,
): Promise<ObsKeys> {
  const listed = url === '' ? undefined : await buckets.keysOf(parseObsUrl(url).bucket);
  const { accessKey, secretKey, endpoint } = listed ?? {
    accessKey: config.obsak,
    secretKey: config.obssk,
    endpoint: config.obsendpoint,
  };
  return {
    accessKey: request.ak || accessKey,
    secretKey: request.sk || secretKey,
    endpoint: request.endpoint || endpoint,
  };
}

export const isComplete = ({ accessKey, secretKey, endpoint }: ObsKeys): boolean =>
  accessKey !== '' && secretKey !== '' && endpoint !== '';

/** Where a package lies in object storage, '' if nowhere, and the keys of its task. */
export interface InBucket {
  readonly url: string;
  readonly keys: ObsKeys;
}

/** The keys are looked up only where they matter: a mistake in the buckets file is no other task's trouble. */
export async function inBucket(
  config: Config,
  buckets: BucketsFile,
  request: GentaskRequest,
  name: string,
): Promise<InBucket> {
  const url = packageObsUrl(config, request, name);
  const needsKeys = givesKeys(request) || config.obscredentials === 'keys' || comesFromBucket(config, request);
  return { url, keys: needsKeys ? await newTaskKeys(config, buckets, request, url) : NO_KEYS };
}
