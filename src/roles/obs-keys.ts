import type { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { parseObsUrl } from '../task/obs-url.ts';
import type { ObsKeys } from '../task/task-file.ts';

/** Where the package is or will be in the bucket; '' without one. */
export function packageObsUrl({ obsurl }: Config, request: GentaskRequest, name: string): string {
  return request.obsurl || (obsurl === '' ? '' : `${obsurl}/dcps/${name}`);
}

/** True when the data lies in the bucket and is brought from there (BN-007); a mounted bucket needs no bringing (BN-006). */
export function comesFromBucket(config: Config, { datasource }: Pick<GentaskRequest, 'datasource'>): boolean {
  return config.machinetype === 'local' && (datasource || config.datasource) === 'obs';
}

export const givesKeys = ({ ak, sk, endpoint }: GentaskRequest): boolean => Boolean(ak || sk || endpoint);

export const NO_KEYS: ObsKeys = { accessKey: '', secretKey: '', endpoint: '' };

/** The keys of a new task, value by value: parameters of gentask, then the buckets file, then the configuration (decision 23). A value may be ''. */
export async function newTaskKeys(
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
