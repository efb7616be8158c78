import { readFile } from 'node:fs/promises';
import { BftError, notThere } from '../core/errors.ts';
import type { PackageFile, PackageTree } from '../disk/walk.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import { parseTorrent } from '../torrent/parse.ts';

/**
 * The full torrent that is there already, kept unless the caller wants it gone (BG-05, C-25), and the package's files in its order: foreign
 * tools do not sort (T-011). Undefined when there is none. One of other files is refused.
 */
export async function keptTorrent(
  path: string,
  { type, files }: PackageTree,
): Promise<{ metainfo: Metainfo; files: PackageFile[] } | undefined> {
  const bytes = await readFile(path).catch(notThere);
  if (!bytes) return undefined;
  const metainfo = parseTorrent(bytes, path);
  const byPath = new Map(files.map(file => [file.path, file]));
  const ordered = metainfo.files.flatMap(({ path: name, length }) => {
    const file = byPath.get(name);
    return file?.size === length ? [file] : [];
  });
  if (metainfo.type !== type || ordered.length !== files.length || metainfo.files.length !== files.length) {
    throw new BftError(
      'TORRENT_MISMATCH',
      `${path} does not list this package's files; gentask with deloldtorrent "true" makes it anew`,
    );
  }
  return { metainfo, files: ordered };
}
