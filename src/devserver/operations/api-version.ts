import type { Handler } from '../exchange.ts';

/** HEAD ?apiversion, without a signature: the SDK asks which dialect to speak. 3.0 and up means `OBS`. */
export const apiVersion: Handler = async ({ store, target }) => {
  if (target.bucket !== '') store.bucket(target.bucket);
  return { status: 200, headers: { 'x-obs-api': '3.0' } };
};
