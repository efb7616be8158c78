import { setImmediate as flushed } from 'node:timers/promises';
import type { Body } from './exchange.ts';
import type { Fault } from './faults.ts';

/** A fault has ended the exchange: no answer, and the connection goes. */
export class ConnectionCut extends Error {
  constructor() {
    super('a fault on demand cut the connection');
    this.name = 'ConnectionCut';
  }
}

async function* flipBits(chunks: Body['chunks'], every: number): AsyncGenerator<Buffer> {
  let untilFlip = every;
  for await (const chunk of chunks) {
    let at = untilFlip - 1;
    for (; at < chunk.length; at += every) chunk[at] = (chunk[at] ?? 0) ^ 1;
    untilFlip = at - chunk.length + 1;
    yield chunk;
  }
}

/** Passes on the first `limit` bytes, waits for `event` and cuts; ends in a cut also when there are fewer bytes. */
async function* firstBytes(
  chunks: Body['chunks'],
  limit: number,
  event: () => Promise<unknown>,
): AsyncGenerator<Buffer> {
  let left = limit;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) break;
  }
  await event();
  throw new ConnectionCut();
}

/** The body as the fault lets it through. Mid-body is the middle; `closed` resolves when the client has gone. */
export function withFault({ chunks, size }: Body, fault: Fault | undefined, closed: Promise<void>): Body['chunks'] {
  if (fault?.kind === 'flip') return flipBits(chunks, fault.every);
  const middle = Math.floor(size / 2);
  if (fault?.kind === 'stall') return firstBytes(chunks, middle, () => closed);
  if (fault?.kind === 'cut') return firstBytes(chunks, middle, () => flushed());
  return chunks;
}
