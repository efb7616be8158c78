import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { errno, notThere } from '../core/errors.ts';
import { realPathInside } from '../disk/inside.ts';
import type { Representation } from './answer.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.mxf': 'application/mxf',
  '.xml': 'text/xml',
  '.json': 'application/json',
  '.torrent': 'application/x-bittorrent',
  '.txt': 'text/plain; charset=utf-8',
};

const ABSOLUTE_FORM = /^https?:\/\/[^/?]*/i;

/** An open file. What is said of it was asked of the open file: it is of the bytes that will be read. */
export interface PublishedFile {
  readonly handle: FileHandle;
  readonly representation: Representation;
}

/**
 * The segments of the path below `prefix` that a request's target names, in origin-form or as proxies send it (RFC 9112, 3.2.2). Undefined
 * when it is none that could be published: empty or hidden segments, `..`, NUL, backslashes, broken escapes. A query means nothing.
 */
export function segmentsOf(target: string, prefix: string): string[] | undefined {
  const [encoded = ''] = target.replace(ABSOLUTE_FORM, '').split('?');
  if (!encoded.startsWith(prefix)) return undefined;
  try {
    const segments = decodeURIComponent(encoded.slice(prefix.length)).split('/');
    const arePlain = segments.every(segment => segment !== '' && !segment.startsWith('.') && !/[\0\\]/.test(segment));
    return arePlain ? segments : undefined;
  } catch {
    return undefined;
  }
}

/** Opens a regular file below `root`, through no link (hostile input 6); undefined when there is none. Throws what the system says otherwise. */
export async function openPublished(root: string, path: string): Promise<PublishedFile | undefined> {
  const real = await realPathInside(root, join(root, path));
  // A link that stays inside could still lead to what is not published.
  if (real === undefined || real !== join(await realpath(root), path)) return undefined;
  const handle = await openPlain(real);
  try {
    const representation = handle && (await representationOf(handle, real));
    if (handle && representation) return { handle, representation };
  } catch (error) {
    await handle?.close();
    throw error;
  }
  await handle?.close();
  return undefined;
}

/** Never waits at a pipe, never follows a link. */
async function openPlain(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return ['ELOOP', 'ENXIO', 'ENODEV'].includes(errno(error) ?? '') ? undefined : notThere(error);
  }
}

/** A file that was changed or replaced, even within a second and at the same size, has another tag. */
async function representationOf(handle: FileHandle, path: string): Promise<Representation | undefined> {
  const info = await handle.stat({ bigint: true });
  if (!info.isFile()) return undefined;
  return {
    length: Number(info.size),
    type: TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
    etag: `"${[info.size, info.mtimeNs, info.ino].map(part => part.toString(36)).join('-')}"`,
    lastModified: info.mtime.toUTCString(),
  };
}
