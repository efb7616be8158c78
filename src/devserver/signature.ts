import { createHmac } from 'node:crypto';

/** Which family of names a request uses: `Authorization: OBS` with x-obs-*, or `Authorization: AWS` with x-amz-*. */
export type Dialect = 'obs' | 'amz';

/** Query parameters that the signature covers (OBS API reference, "Authentication of Signature in a Header"). */
const SIGNED_PARAMETERS: ReadonlySet<string> = new Set(
  [
    'acl append atime attname backtosource bucketstatus cors customdomain delete deletebucket directcoldaccess encryption',
    'inventory length lifecycle location logging metadata mirrorbacktosource modify name notification object-lock obsalias',
    'obsbucketalias obscompresspolicy obsworkflowtriggerpolicy partnumber policy policystatus position publicaccessblock',
    'quota rename replication requestpayment restore retention storageclass storageinfo storagepolicy tagging torrent',
    'truncate uploadid uploads versionid versioning versions website response-cache-control response-content-disposition',
    'response-content-encoding response-content-language response-content-type response-expires x-image-process',
    'x-image-save-bucket x-image-save-object x-oss-process x-obs-security-token x-amz-security-token',
  ].flatMap(names => names.split(' ')),
);

/** What the signature covers. `date` is the Date header's value, '' when x-*-date replaces it, or Expires in a signed URL. */
export interface Signable {
  readonly method: string;
  readonly headers: Readonly<NodeJS.Dict<string[]>>;
  readonly resource: string;
  readonly query: URLSearchParams;
  readonly dialect: Dialect;
  readonly date: string;
  readonly presigned: boolean;
}

const byName = <T extends readonly [string, unknown]>(entries: Iterable<T>): T[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));

function canonicalHeaders({ headers, dialect }: Signable): string {
  const own = byName(Object.entries(headers)).filter(([name]) => name.startsWith(`x-${dialect}-`));
  return own.map(([name, values = []]) => `${name}:${values.join(',')}\n`).join('');
}

function canonicalResource({ resource, query, dialect, presigned }: Signable): string {
  const covered = (name: string) =>
    SIGNED_PARAMETERS.has(name) || (presigned && name.startsWith(`x-${dialect}-`) && name.length > 6);
  const parameters = byName(query).filter(([name]) => covered(name.toLowerCase()));
  const text = parameters.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  return text === '' ? resource : `${resource}?${text}`;
}

/** The text that client and server sign: AWS "Signing and Authenticating REST Requests" (V2); OBS has the same with its own prefix. */
export function stringToSign(request: Signable): string {
  const header = (name: string) => request.headers[name]?.[0] ?? '';
  const lines = [request.method, header('content-md5'), header('content-type'), request.date];
  return `${lines.join('\n')}\n${canonicalHeaders(request)}${canonicalResource(request)}`;
}

export function sign(secret: string, text: string): string {
  return createHmac('sha1', secret).update(text).digest('base64');
}
