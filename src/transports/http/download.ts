import { shownUrl } from '../../core/shown-url.ts';
import type { Got } from 'got';
import { BftError } from '../../core/errors.ts';
import { checkUrl } from './client.ts';
import { networkError, statusError } from './failures.ts';

/** Fetches a small document (torrent, signed list) whole; at most `limit` bytes. */
export async function download(http: Got, address: string, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const url = checkUrl(address);
  const stream = http.stream(url, { signal });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const status = stream.response?.statusCode ?? 0;
      if (status !== 200) throw statusError(status, url, stream.response?.headers ?? {});
      size += chunk.length;
      if (size > limit)
        throw new BftError('SOURCE_REFUSES', `${shownUrl(url)} is larger than ${limit} bytes`, { permanent: true });
      chunks.push(chunk);
    }
    const status = stream.response?.statusCode ?? 0;
    if (status !== 200) throw statusError(status, url, stream.response?.headers ?? {});
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error, url);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks);
}
