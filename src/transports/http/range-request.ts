import { shownUrl } from '../../core/shown-url.ts';
import type { Got } from 'got';
import { BftError } from '../../core/errors.ts';
import { checkUrl, networkError, statusError } from './client.ts';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Asks for one range of a file and yields its bytes. `size` is the file's whole length: an answer about anything else is refused. The caller counts
 * the bytes; a body that is short or long is an error here.
 */
export async function* requestRange(
  http: Got,
  address: string,
  range: ByteRange,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const url = checkUrl(address);
  const last = range.offset + range.length - 1;
  const stream = http.stream(url, { signal, headers: { range: `bytes=${range.offset}-${last}` } });
  let received = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (received === 0) checkAnswer(stream.response, url, range, size);
      received += chunk.length;
      if (received > range.length)
        throw new BftError('WRONG_BYTES', `${shownUrl(url)} sent more than bytes ${range.offset}-${last}`);
      yield chunk;
    }
    if (received === 0) checkAnswer(stream.response, url, range, size);
    if (received < range.length)
      throw new BftError('SOURCE_UNREACHABLE', `${shownUrl(url)} stopped after ${received} of ${range.length} bytes`);
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error, url);
  } finally {
    stream.destroy();
  }
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function checkAnswer(answer: Answer | undefined, url: URL, range: ByteRange, size: number): void {
  const status = answer?.statusCode ?? 0;
  const headers = answer?.headers ?? {};
  if (status === 206) {
    const expected = `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`;
    if (headers['content-range'] === expected) return;
    throw new BftError('WRONG_BYTES', `${shownUrl(url)} answered ${String(headers['content-range'])} to ${expected}`, {
      permanent: false,
    });
  }
  if (status !== 200) throw statusError(status, url, headers);
  const isWholeFile = range.offset === 0 && range.length === size;
  if (isWholeFile && Number(headers['content-length'] ?? size) === size) return;
  throw new BftError('SOURCE_REFUSES', `${shownUrl(url)} does not serve ranges, or is not the file of ${size} bytes`, {
    permanent: true,
  });
}
