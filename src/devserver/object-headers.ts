import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect } from './signature.ts';
import type { ObjectRecord } from './storage/records.ts';

const STANDARD = [
  'content-type',
  'content-disposition',
  'content-encoding',
  'content-language',
  'cache-control',
  'expires',
];
const META = /^x-(?:obs|amz)-meta-(.+)$/;

type Pair = [name: string, value: string];

export interface ObjectHeaders {
  /** Standard headers that a GET gives back. */
  readonly headers: Record<string, string>;
  /** User metadata by its name without prefix. */
  readonly meta: Record<string, string>;
}

/** What a PUT or an initiate says about the object besides its bytes. */
export function headersToStore(headers: IncomingHttpHeaders): ObjectHeaders {
  const present = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return {
    headers: Object.fromEntries(present.filter(([name]) => STANDARD.includes(name))),
    meta: Object.fromEntries(
      present.flatMap(([name, value]) => {
        const meta = META.exec(name)?.[1];
        return meta === undefined ? [] : [[meta, value]];
      }),
    ),
  };
}

/** The headers of a GET or HEAD without its length. `response-*` parameters of the query replace stored values. */
export function headersToServe(record: ObjectRecord, dialect: Dialect, query: URLSearchParams): Record<string, string> {
  const meta = Object.entries(record.meta).map(([name, value]): Pair => [`x-${dialect}-meta-${name}`, value]);
  const wished = STANDARD.flatMap((name): Pair[] => {
    const value = query.get(`response-${name}`);
    return value === null ? [] : [[name, Buffer.from(value).toString('latin1')]];
  });
  return {
    'content-type': 'binary/octet-stream',
    ...record.headers,
    ...Object.fromEntries([...meta, ...wished]),
    'accept-ranges': 'bytes',
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.modified).toUTCString(),
  };
}
