import { callbackify } from 'node:util';
import type { ChunkStore } from 'webtorrent';
import type { Durability } from './durability.ts';
import type { FileStore } from './file-store.ts';

interface Components {
  readonly store: FileStore;
  readonly durability: Durability;
}

/** The store as webtorrent wants it. Closing is the owner's business: what was written has to be synced first. Peers are served by `Uploads`. */
export function chunkStore({ store, durability }: Components, chunkLength: number): ChunkStore {
  return {
    chunkLength,
    put(index, bytes, callback) {
      const write = callbackify(() => store.write(index, bytes));
      write(error => {
        if (!error) durability.written(index, store.pathsOf(index));
        callback(error);
      });
    },
    get(index, options, callback) {
      const { offset = 0, length = chunkLength - offset } = options ?? {};
      callbackify(() => store.read(index, offset, length))(callback);
    },
    close: callback => callback(null),
    destroy: callback => callback(null),
  };
}
