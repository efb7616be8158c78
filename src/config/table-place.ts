import type { Config } from './schema.ts';

/** Where the hash table is, what it serves, and what it must have been built for (BC-42, decision 30): only a receiver stores by a plan. */
export function tablePlace({ hashtable, basedatapath, servertype, receiverstoreplan }: Config): {
  path: string;
  storage: string;
  builtFor: string;
} {
  const builtFor = servertype === 'receiver' ? `receiver, plan ${receiverstoreplan}` : servertype;
  return { path: hashtable, storage: basedatapath, builtFor };
}
