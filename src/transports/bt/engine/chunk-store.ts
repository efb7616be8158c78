import { callbackify } from 'node:util';
import type { ChunkStore } from 'webtorrent';
import type { Durability } from './durability.ts';
import type { FileStore } from './file-store.ts';

/** A read that failed is answered late, because the peer asks again at once. */
const READ_FAILURE_PAUSE_MS = 1000;

interface Components {
  readonly store: FileStore;
  readonly durability: Durability;
  readonly onReadError: (error: Error) => void;
}

/** The store as webtorrent wants it. Closing is the owner's business: what was written has to be synced first. */
export function chunkStore(components: Components, chunkLength: number): ChunkStore {
  const { store, durability, onReadError } = components;
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
      const read = callbackify(() => store.read(index, offset, length));
      read((error, bytes) => {
        if (!error) return callback(null, bytes);
        onReadError(error);
        setTimeout(() => callback(error), READ_FAILURE_PAUSE_MS);
      });
    },
    close: callback => callback(null),
    destroy: callback => callback(null),
  };
}
