import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { stepBack } from '../../core/background.ts';
import { errno } from '../../core/errors.ts';
import { fileStamp } from './file-stamp.ts';

/** Fills `memory` with the bytes of the file from `offset` on. */
export interface ReadJob {
  readonly id: number;
  readonly path: string;
  readonly offset: number;
  readonly memory: SharedArrayBuffer;
}

/** Of a failure the code of the system: errors lose it between threads. `stamp` is that of the file after the read; `read` is short where the file ends early. */
export type ReadResult =
  | { readonly id: number; readonly read: number; readonly md5: Uint8Array; readonly stamp: string }
  | { readonly id: number; readonly failure: string; readonly code: string | undefined };

const BLOCK_BYTES = 1024 * 1024;

/** The thread that reads and hashes parts: neither a slow disk nor a hash may hold up the event loop. */
if (parentPort) {
  stepBack();
  const port = parentPort;
  port.on('message', (job: ReadJob) => port.postMessage(answer(job)));
}

function answer(job: ReadJob): ReadResult {
  try {
    return { id: job.id, ...readPart(job) };
  } catch (failure) {
    return { id: job.id, failure: String(failure), code: errno(failure) };
  }
}

function readPart({ path, offset, memory }: ReadJob): { read: number; md5: Uint8Array; stamp: string } {
  const bytes = new Uint8Array(memory);
  const hash = createHash('md5');
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let read = 0;
    while (read < bytes.length) {
      const block = readSync(file, bytes, read, Math.min(BLOCK_BYTES, bytes.length - read), offset + read);
      if (block === 0) break;
      hash.update(bytes.subarray(read, read + block));
      read += block;
    }
    return { read, md5: new Uint8Array(hash.digest()), stamp: fileStamp(fstatSync(file, { bigint: true })) };
  } finally {
    closeSync(file);
  }
}
