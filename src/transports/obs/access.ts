import { BftError } from '../../core/errors.ts';
import { type BucketAddress, parseObsUrl } from '../../task/obs-url.ts';
import type { ObsKeys } from '../../task/task-file.ts';
import { Bucket } from './bucket.ts';

export interface ObsAccess {
  /** The node's own keys for a bucket; a task may carry others (decision 23). */
  readonly keysOf: (bucket: string) => Promise<ObsKeys | undefined>;
  readonly urlStyle: 'auto' | 'path';
}

/** Opens the bucket of an obs.url and hands it to `use`. `what` names the task or package in errors. Throws OBS_CREDENTIALS. */
export async function withBucket<T>(
  { keysOf, urlStyle }: ObsAccess,
  { what, url, keys: given }: { what: string; url: string; keys: ObsKeys | undefined },
  use: (bucket: Bucket, address: BucketAddress) => Promise<T>,
): Promise<T> {
  const address = parseObsUrl(url);
  const keys = given ?? (await keysOf(address.bucket));
  if (!keys) {
    throw new BftError('OBS_CREDENTIALS', `${what} needs the bucket ${address.bucket}, and there are no keys for it`, {
      permanent: true,
    });
  }
  const bucket = await Bucket.open(keys, address.bucket, urlStyle);
  try {
    return await use(bucket, address);
  } finally {
    bucket.close();
  }
}
