import type { Handler } from '../exchange.ts';

/** DELETE /bucket/key: 204 also when there is no such object. */
export const deleteObject: Handler = async ({ store, target }) => {
  await store.bucket(target.bucket).delete(target.key);
  return { status: 204 };
};
