import { refusal } from './obs-error.ts';

/** Fits the longest body that makes sense: the 10,000 parts of a completion, at some 200 bytes each. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Reads a request body that has to fit into memory. */
export async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw refusal('EntityTooLarge');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
