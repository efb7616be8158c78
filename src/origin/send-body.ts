import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { BftError } from '../core/errors.ts';
import type { Section } from './answer.ts';
import type { ByteRange } from './byte-ranges.ts';

/** A block is read while the one before it is on its way to the client. */
const BLOCK = 256 * 1024;

type Blocks = [Buffer, Buffer];
type Readable = Pick<FileHandle, 'read'>;

/** The client went away, or was cut because it stood still: nothing is wrong here. */
export class ClientGone extends Error {}

/**
 * Sends the sections and ends the answer, never faster than the client takes it; memory is two blocks. `sent` is told of the bytes of the file as they go.
 * Throws ClientGone, and SOURCE_CHANGED when the file ends before its range does: the answer must then be cut, it is never filled up.
 */
export async function sendBody(
  res: ServerResponse,
  body: readonly Section[],
  file: Readable,
  sent: (bytes: number) => void = () => undefined,
): Promise<void> {
  const longest = Math.max(0, ...body.map(section => ('start' in section ? section.end - section.start : 0)));
  const size = Math.min(longest, BLOCK);
  const blocks: Blocks = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  for (const section of body) {
    if ('start' in section) await sendRange(res, section, file, blocks, sent);
    else await write(res, section);
  }
  res.end();
}

async function sendRange(
  res: ServerResponse,
  range: ByteRange,
  file: Readable,
  blocks: Blocks,
  sent: (bytes: number) => void,
): Promise<void> {
  let [current, spare] = blocks;
  let at = range.start;
  let ready = await fill(file, current, at, range.end);
  while (ready.length > 0) {
    at += ready.length;
    const [following] = await Promise.all([fill(file, spare, at, range.end), write(res, ready)]);
    sent(ready.length);
    [current, spare] = [spare, current];
    ready = following;
  }
}

/** Reads the next block of [at, end), however many reads it takes; empty at the end. */
async function fill(file: Readable, into: Buffer, at: number, end: number): Promise<Buffer> {
  const wanted = Math.min(into.length, end - at);
  for (let done = 0; done < wanted; ) {
    const { bytesRead } = await file.read(into, done, wanted - done, at + done);
    if (bytesRead === 0) throw new BftError('SOURCE_CHANGED', `the file ends at ${at + done}, before ${end}`);
    done += bytesRead;
  }
  return into.subarray(0, wanted);
}

/** Resolves when the system has taken the bytes: the block may be used again. The callback alone does not come when the socket is gone. */
function write(res: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ClientGone());
    res.once('close', gone);
    res.write(bytes, error => {
      res.off('close', gone);
      if (error) reject(new ClientGone('', { cause: error }));
      else resolve();
    });
  });
}
