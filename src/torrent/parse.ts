import { createHash } from 'node:crypto';
import bencode from 'bencode';
import { type Static, Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { validator } from '../core/validate.ts';
import { checkPaths, checkSegment } from '../task/names.ts';
import { scanBencode } from './bencode-scan.ts';
import type { Metainfo, MetainfoFile } from './metainfo.ts';

/** The largest .torrent we read: twenty times what our own limits make. */
export const MAX_TORRENT_BYTES = 20 * 1024 * 1024;
const MAX_PIECE_LENGTH = 64 * 1024 * 1024;
const MAX_FILES = 200_000;
const MAX_TRACKERS = 200;
const TRACKER = /^(https?|udp):\/\//i;

const size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const infoSchema = Type.Object({
  name: Type.String(),
  'piece length': Type.Integer({ minimum: 1, maximum: MAX_PIECE_LENGTH }),
  length: Type.Optional(size),
  files: Type.Optional(
    Type.Array(Type.Object({ length: size, path: Type.Array(Type.String(), { minItems: 1 }) }), {
      maxItems: MAX_FILES,
    }),
  ),
});
type Info = Static<typeof infoSchema>;
type RawInfo = { [key in keyof Info | 'pieces']?: unknown };
/** Older makers gave a name in two forms, and programs differ in which one they take. */
type TwoNames = { readonly 'name.utf-8'?: unknown; readonly 'path.utf-8'?: unknown };
const checkInfo = validator(infoSchema);

/** Reads an untrusted .torrent: bounded, names checked, lengths and pieces fit. `source` names it in errors. Throws TORRENT_INVALID or NAME_UNSAFE. */
export function parseTorrent(bytes: Uint8Array, source: string): Metainfo {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof BftError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new BftError('TORRENT_INVALID', `${source} is not a torrent we accept: ${why}`, { cause: error });
  }
}

function parse(bytes: Uint8Array): Metainfo {
  if (bytes.length > MAX_TORRENT_BYTES) throw new Error(`larger than ${MAX_TORRENT_BYTES} bytes`);
  const span = scanBencode(bytes, 'info').get('info');
  if (!span) throw new Error('it has no info');
  const infoBytes = bytes.subarray(...span);
  const { pieces, info } = decodeInfo(infoBytes);
  const files = fileList(info);
  const length = files.reduce((sum, file) => sum + file.length, 0);
  checkShape(info, files, length, pieces);
  return {
    infoHash: createHash('sha1').update(infoBytes).digest('hex'),
    name: info.name,
    type: info.files === undefined ? 'file' : 'dir',
    pieceLength: info['piece length'],
    pieces,
    length,
    files,
    announce: announceUrls(bytes),
  };
}

function decodeInfo(infoBytes: Uint8Array): { pieces: Uint8Array; info: Info } {
  const raw = bencode.decode(infoBytes) as RawInfo;
  refuseAmbiguous(raw);
  if (!(raw.pieces instanceof Uint8Array)) throw new Error('it has no piece hashes');
  const pieces = Uint8Array.from(raw.pieces);
  const result = checkInfo(known(raw));
  if (!('value' in result)) throw new Error(result.problems.join('; '));
  return { pieces, info: result.value };
}

/** What two programs may read differently is nothing to check names by. */
function refuseAmbiguous(raw: RawInfo & TwoNames): void {
  if (raw.length !== undefined && raw.files !== undefined) throw new Error('it is a file and a directory');
  const isOther = (name: unknown, other: unknown) =>
    other !== undefined && JSON.stringify(asText(name)) !== JSON.stringify(asText(other));
  const files = Array.isArray(raw.files) ? (raw.files as ({ path?: unknown } & TwoNames)[]) : [];
  if (isOther(raw.name, raw['name.utf-8']) || files.some(file => isOther(file.path, file['path.utf-8'])))
    throw new Error('it has two names for one file');
}

/** bencode gives byte strings; the names among them must be UTF-8, taken as they are. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (!(value instanceof Uint8Array)) return value;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
}

/** Without the keys of foreign makers. */
function known(raw: RawInfo): unknown {
  const file = ({ length, path }: { length?: unknown; path?: unknown }) => ({ length, path: asText(path) });
  return {
    name: asText(raw.name),
    'piece length': raw['piece length'],
    ...(raw.length === undefined ? {} : { length: raw.length }),
    ...(Array.isArray(raw.files) ? { files: (raw.files as object[]).map(file) } : {}),
  };
}

function fileList(info: Info): MetainfoFile[] {
  if (info.files === undefined) return [{ path: info.name, length: info.length ?? 0, offset: 0 }];
  let offset = 0;
  return info.files.map(({ length, path }) => {
    for (const segment of path) checkSegment(segment);
    const file = { path: path.join('/'), length, offset };
    offset += length;
    return file;
  });
}

function checkShape(info: Info, files: MetainfoFile[], length: number, pieces: Uint8Array): void {
  checkSegment(info.name);
  checkPaths(files.map(file => file.path));
  if (length === 0 || !Number.isSafeInteger(length)) throw new Error(`its length is ${length}`);
  const expected = Math.ceil(length / info['piece length']) * 20;
  if (pieces.length !== expected) throw new Error(`it has ${pieces.length} bytes of piece hashes, not ${expected}`);
}

/** Addresses of trackers; such as nobody could ask are left out. */
function announceUrls(bytes: Uint8Array): string[] {
  const { announce, 'announce-list': tiers } = bencode.decode(bytes) as {
    announce?: unknown;
    'announce-list'?: unknown;
  };
  const all = [announce ?? [], tiers ?? []].flat(2);
  if (all.length > MAX_TRACKERS) throw new Error(`it names ${all.length} trackers`);
  const urls = all.map(asText);
  if (!urls.every(url => typeof url === 'string')) throw new Error('a tracker of it is no text');
  return [...new Set(urls.filter(isAskable))];
}

/** Over HTTP or UDP, at a port. A UDP address is read as one of HTTP is, as whoever asks it does. */
function isAskable(url: string): boolean {
  const address = TRACKER.test(url) ? URL.parse(url.replace(/^udp:/i, 'http:')) : null;
  return address !== null && address.port !== '0';
}
