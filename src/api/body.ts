import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { type Clock, systemClock } from '../core/clock.ts';
import { asBftError, BftError } from '../core/errors.ts';

const MAX_BODY = 1024 * 1024;
/** Any body may take so long. */
const GRACE_MS = 30_000;
/** Bytes per second in the mean, after that. */
const SLOWEST = 8 * 1024;

type Body = AsyncIterable<unknown> & Pick<IncomingMessage, 'headers'>;
type Time = Pick<Clock, 'monotonic' | 'sleep'>;

/** Reads the body of a call, at most 1 MiB. Throws as `readAtMost`. */
export const readBody = ({ req }: Context): Promise<Buffer> => readAtMost(req, MAX_BODY);

/**
 * Reads up to `most` bytes; a body that says that it is longer is refused at once. A slow line has its time, who sends next to nothing does not.
 * Throws BODY_TOO_LARGE, BODY_TOO_SLOW, and BODY_NOT_JSON when a client goes in the middle: that is no defect of ours.
 */
export async function readAtMost(body: Body, most: number, clock: Time = systemClock): Promise<Buffer> {
  const tooLarge = () => new BftError('BODY_TOO_LARGE', `the body is larger than ${most} bytes`);
  if (Number(body.headers['content-length'] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  const read = async () => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw tooLarge();
      chunks.push(chunk);
    }
  };
  const over = new AbortController();
  try {
    await Promise.race([read(), untilTooSlow(() => size, clock, over.signal)]);
  } catch (error) {
    throw asBftError(error, 'BODY_NOT_JSON', 'the body broke off');
  } finally {
    over.abort();
  }
  return Buffer.concat(chunks, size);
}

async function untilTooSlow(received: () => number, clock: Time, signal: AbortSignal): Promise<never> {
  const begun = clock.monotonic();
  for (;;) {
    const left = begun + GRACE_MS + (received() / SLOWEST) * 1000 - clock.monotonic();
    if (left <= 0) throw new BftError('BODY_TOO_SLOW', `only ${received()} bytes of the body came`);
    await clock.sleep(left, signal);
  }
}
