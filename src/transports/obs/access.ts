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
  access: ObsAccess,
  { what, url, keys }: { what: string; url: string; keys: ObsKeys | undefined },
  use: (bucket: Bucket, address: BucketAddress) => Promise<T>,
): Promise<T> {
  const address = parseObsUrl(url);
  return await withNamedBucket(access, { what, bucket: address.bucket, keys }, bucket => use(bucket, address));
}

/** The same for a bucket that is known by its name. */
export async function withNamedBucket<T>(
  { keysOf, urlStyle }: ObsAccess,
  { what, bucket: name, keys: given }: { what: string; bucket: string; keys: ObsKeys | undefined },
  use: (bucket: Bucket) => Promise<T>,
): Promise<T> {
  const keys = given ?? (await keysOf(name));
  if (!keys) {
    throw new BftError('OBS_CREDENTIALS', `${what} needs the bucket ${name}, and there are no keys for it`, {
      permanent: true,
    });
  }
  const bucket = await Bucket.open(keys, name, urlStyle);
  try {
    return await use(bucket);
  } finally {
    bucket.close();
  }
}
