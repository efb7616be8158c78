import { BftError } from '../../core/errors.ts';
import { plainEtag } from './bucket.ts';
import type { Healing } from './healing.ts';
import type { FilePart, PartReader, ReadPart } from './part-reader.ts';
import { putBytes, type SignedPut, type Throttle } from './put-bytes.ts';
import type { HttpClient } from '../http/client.ts';

const MD5_ETAG = /^[0-9a-f]{32}$/;

interface Components {
  readonly http: HttpClient;
  readonly throttle: Throttle;
  readonly reader: PartReader;
  readonly healing: Healing;
}

/** Sends parts of files with their MD5, and compares what the bucket says of them. Each heals by itself; it is read again for every try. */
export class PartSender {
  readonly #c: Components;

  constructor(components: Components) {
    this.#c = components;
  }

  /** Resolves with the ETag that the bucket gave. A part whose ETag is `known` to be in the bucket is read, and not sent when it is that one. */
  send(
    what: string,
    part: FilePart,
    sign: (md5: Buffer) => SignedPut,
    signal: AbortSignal,
    known?: string,
  ): Promise<string> {
    return this.#c.healing.run(what, signal, () =>
      this.#c.reader.use(part, signal, async read => {
        const md5 = read.md5.toString('hex');
        return known === md5 ? md5 : await this.#put(what, read, md5, sign, signal);
      }),
    );
  }

  async #put(
    what: string,
    { bytes, md5 }: ReadPart,
    hex: string,
    sign: (md5: Buffer) => SignedPut,
    signal: AbortSignal,
  ): Promise<string> {
    const headers = await putBytes(this.#c, what, sign(md5), bytes, signal);
    const etag = plainEtag(headers.etag);
    if (etag === '')
      throw new BftError('OBS_ANSWER', `${what}: the bucket took it and gave no ETag`, { permanent: false });
    if (MD5_ETAG.test(etag) && etag !== hex && !isEncrypted(headers))
      throw new BftError('UPLOAD_DAMAGED', `${what}: the bucket has other bytes than were sent`, { permanent: false });
    return etag;
  }
}

/** With keys of a key service the ETag is no MD5 of what was sent, though it looks like one. */
function isEncrypted(headers: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(headers).some(name => /^x-(obs|amz)-server-side-encryption/.test(name));
}
