import { open } from 'node:fs/promises';
import { errno } from '../../core/errors.ts';

const READ_BYTES = 16 * 1024;

/** The last lines of a log, indented for a message; '' when there are none. */
export async function logTail(path: string, lines = 20): Promise<string> {
  const text = await readEnd(path);
  const last = text.split('\n').filter(line => line.trim() !== '');
  return last
    .slice(-lines)
    .map(line => `\n    ${line}`)
    .join('');
}

async function readEnd(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(READ_BYTES),
      0,
      READ_BYTES,
      Math.max(0, size - READ_BYTES),
    );
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (errno(error) === 'ENOENT') return '';
    throw error;
  }
}
