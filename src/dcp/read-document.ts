import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type FileState, isSameState } from '../disk/file-state.ts';
import { type DocumentKind, type XmlDocument, XmlFault, XmlReader } from './xml-reader.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const BLOCK = 64 * 1024;

/** Reads an XML file of a package, a block at a time. Throws XmlFault, also when the file is not what it was when it was listed. */
export async function readDocument<R>(
  path: string,
  listed: FileState,
  kind: DocumentKind<R>,
  signal: AbortSignal,
): Promise<XmlDocument<R>> {
  if (listed.size > MAX_BYTES) throw new XmlFault('XML_LIMIT', `it is larger than ${MAX_BYTES} bytes`);
  try {
    // It may have become a link or a pipe meanwhile.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (!isSameState(await handle.stat(), listed)) throw new XmlFault('FILE_CHANGED', 'it changed during the check');
    const reader = new XmlReader(kind);
    const decoder = new Utf8Decoder();
    const block = new Uint8Array(BLOCK);
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(block, 0, BLOCK, at);
      reader.write(decoder.decode(block.subarray(0, bytesRead), bytesRead > 0));
      if (bytesRead === 0) return reader.end();
      at += bytesRead;
      if (at > MAX_BYTES) throw new XmlFault('FILE_CHANGED', 'it grew during the check');
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof XmlFault) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new XmlFault('FILE_UNREADABLE', `it cannot be read: ${why}`, error);
  }
}

class Utf8Decoder {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch (cause) {
      throw new XmlFault('XML_INVALID', 'it is not UTF-8', cause);
    }
  }
}
