import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Functions = Record<string, unknown>;

/** Runs synchronous work during which every function of `node:fs` is a trap, in whichever way a module imported it. */
export function withoutDisk(work: () => void): void {
  const touched: string[] = [];
  const restore = [fs as unknown as Functions, fs.promises as unknown as Functions].map(api => setTraps(api, touched));
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    for (const put of restore) put();
    syncBuiltinESMExports();
  }
  assert.deepEqual(touched, []);
}

/** Capital letters are classes, not functions. */
function setTraps(api: Functions, touched: string[]): () => void {
  const own = Object.entries(api).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name));
  for (const [name] of own) {
    api[name] = () => {
      touched.push(name);
      throw new Error(`a parser called fs.${name}`);
    };
  }
  return () => void Object.assign(api, Object.fromEntries(own));
}
