/** The two kinds of package. IMF's packing lists are of SMPTE's kind. */
export type Standard = 'SMPTE' | 'Interop';

type Namespaces = ReadonlyMap<string, Standard>;

export const MAP_NAMESPACES: Namespaces = new Map([
  ['http://www.smpte-ra.org/schemas/429-9/2007/AM', 'SMPTE'],
  ['http://www.smpte-ra.org/schemas/429-9/2006/AM', 'SMPTE'],
  ['http://www.digicine.com/PROTO-ASDCP-AM-20040311#', 'Interop'],
]);

export const PKL_NAMESPACES: Namespaces = new Map([
  ['http://www.smpte-ra.org/schemas/429-8/2007/PKL', 'SMPTE'],
  ['http://www.smpte-ra.org/schemas/429-8/2006/PKL', 'SMPTE'],
  ['http://www.smpte-ra.org/schemas/2067-2/2016/PKL', 'SMPTE'],
  ['http://www.digicine.com/PROTO-ASDCP-PKL-20040311#', 'Interop'],
]);

export const CPL_NAMESPACES: Namespaces = new Map([
  ['http://www.smpte-ra.org/schemas/429-7/2006/CPL', 'SMPTE'],
  ['http://www.digicine.com/PROTO-ASDCP-CPL-20040511#', 'Interop'],
]);

export const MAP_NAME: Readonly<Record<Standard, string>> = { SMPTE: 'ASSETMAP.xml', Interop: 'ASSETMAP' };
export const VOLUME_NAME: Readonly<Record<Standard, string>> = { SMPTE: 'VOLINDEX.xml', Interop: 'VOLINDEX' };
/** The newer one first. */
export const MAP_NAMES = Object.values(MAP_NAME);

const UUID = /^urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The UUID of an id as it is compared, without case; undefined when it is none. */
export function uuidOf(id: string): string | undefined {
  return UUID.exec(id.toLowerCase())?.[1];
}
