import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BftError } from '../../core/errors.ts';
import { shownUrl } from '../../core/shown-url.ts';
import type { Answer, BulkClient } from './bulk-client.ts';
import { checkUrl } from './client.ts';
import { networkError, statusError } from './failures.ts';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Who answered with what. */
export interface Served {
  /** `host:port`, after redirects. */
  readonly host: string;
  /** What tells this content of the file from another one under its address: a strong ETag, else Last-Modified, if any. */
  readonly validator: string | undefined;
}

/**
 * Asks for one range of a file and yields its bytes: exactly as many, or it throws. `size` is the file's whole length: an answer about anything else
 * is refused. A chunk is good until the next one is asked for. A source that sends nothing for the client's idle time is given up; time that the caller takes does not count.
 */
export async function* requestRange(
  { bulk }: { readonly bulk: BulkClient },
  address: string,
  range: ByteRange,
  size: number,
  signal: AbortSignal,
  onServed: (served: Served) => Promise<void> = () => Promise.resolve(),
): AsyncGenerator<Buffer> {
  const url = checkUrl(address);
  const last = range.offset + range.length - 1;
  let answer: Answer | undefined;
  try {
    answer = await bulk.open(url, { range: `bytes=${range.offset}-${last}` }, signal);
    const { message, body } = answer;
    checkAnswer(message, url, range, size);
    await onServed({ host: answer.url.host, validator: validatorOf(message.headers) });
    let received = 0;
    for await (const chunk of watched(body, message, bulk.idleMs)) {
      received += chunk.length;
      if (received > range.length) throw wrongAnswer(url, `sent more than bytes ${range.offset}-${last}`);
      yield chunk;
    }
    if (received < range.length)
      throw new BftError('SOURCE_UNREACHABLE', `${shownUrl(url)} stopped after ${received} of ${range.length} bytes`);
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error, url);
  } finally {
    answer?.message.destroy();
  }
}

/** The chunks of a body; throws when none comes for `idleMs`. */
async function* watched(body: AsyncIterable<Buffer>, message: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const stalled = () => message.destroy(new Error(`nothing was sent for ${idleMs} ms`));
  let watchdog = setTimeout(stalled, idleMs);
  try {
    for await (const chunk of body) {
      clearTimeout(watchdog);
      yield chunk;
      watchdog = setTimeout(stalled, idleMs);
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function checkAnswer({ statusCode = 0, headers }: IncomingMessage, url: URL, range: ByteRange, size: number): void {
  if (statusCode !== 206 && statusCode !== 200) throw statusError(statusCode, url, headers);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw wrongAnswer(url, `sent it encoded (${encoding.slice(0, 50)}), unasked`);
  if (statusCode === 206) checkPart(headers, url, range, size);
  else checkWhole(headers, url, range, size);
}

function checkPart(headers: IncomingHttpHeaders, url: URL, { offset, length }: ByteRange, size: number): void {
  const expected = `bytes ${offset}-${offset + length - 1}/${size}`;
  const range = headers['content-range'];
  if (range !== expected) throw wrongAnswer(url, `answered ${String(range).slice(0, 100)} to ${expected}`);
  const announced = headers['content-length'] ?? length;
  if (Number(announced) !== length) throw wrongAnswer(url, `sends ${announced} bytes as ${expected}`);
}

/** A server without ranges is of use where the whole file was asked for. */
function checkWhole(headers: IncomingHttpHeaders, url: URL, range: ByteRange, size: number): void {
  const isWholeFile = range.offset === 0 && range.length === size;
  if (isWholeFile && Number(headers['content-length'] ?? size) === size) return;
  throw new BftError('SOURCE_REFUSES', `${shownUrl(url)} does not serve ranges, or is not the file of ${size} bytes`, {
    permanent: true,
  });
}

function validatorOf({ etag, 'last-modified': modified }: IncomingHttpHeaders): string | undefined {
  return etag?.startsWith('"') ? etag : modified;
}

function wrongAnswer(url: URL, what: string): BftError {
  return new BftError('WRONG_BYTES', `${shownUrl(url)} ${what}`, { permanent: false });
}
