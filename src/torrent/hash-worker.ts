import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { stepBack } from '../core/background.ts';

/** Feeds bytes [start, end) of the block to the named stream; `close` ends the stream and asks for its SHA-1. */
export interface HashStep {
  readonly stream: string;
  readonly start: number;
  readonly end: number;
  readonly close: boolean;
}

export interface HashJob {
  readonly id: number;
  readonly block: SharedArrayBuffer;
  readonly steps: readonly HashStep[];
}

export interface HashResult {
  readonly id: number;
  readonly digests: readonly { stream: string; sha1: Uint8Array }[];
}

/** A thread that hashes streams of bytes handed to it block by block. A stream lives on one thread from its first step to its last. */
if (parentPort) {
  stepBack();
  const port = parentPort;
  const open = new Map<string, Hash>();
  port.on('message', ({ id, block, steps }: HashJob) => {
    const bytes = new Uint8Array(block);
    const digests: { stream: string; sha1: Uint8Array }[] = [];
    for (const { stream, start, end, close } of steps) {
      const hash = open.get(stream) ?? createHash('sha1');
      hash.update(bytes.subarray(start, end));
      if (close) {
        open.delete(stream);
        digests.push({ stream, sha1: new Uint8Array(hash.digest()) });
      } else open.set(stream, hash);
    }
    port.postMessage({ id, digests } satisfies HashResult);
  });
}
