import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObsServer, type ObsServerOptions } from '../../src/devserver/server.ts';
import { type Dialect, sign, stringToSign } from '../../src/devserver/signature.ts';
import { parseTarget } from '../../src/devserver/target.ts';

export const ACCESS_KEY = 'TESTACCESSKEY';
export const SECRET_KEY = 'TestSecretKey0123456789';
export const BUCKET = 'films';
export const DOMAIN = 'obs.localhost';

export const temporaryDirectory = () => mkdtemp(join(tmpdir(), 'devserver-'));

export interface RunningServer {
  readonly root: string;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A server on a root of its own, which goes away with it. */
export async function startServer(options: Partial<ObsServerOptions> = {}): Promise<RunningServer> {
  const root = options.root ?? (await temporaryDirectory());
  const server = new ObsServer({ root, keys: { [ACCESS_KEY]: SECRET_KEY }, buckets: [BUCKET], ...options });
  const { port, url } = await server.start();
  const stop = async () => {
    await server.stop();
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
  };
  return { root, port, url, stop };
}

export interface RawRequest {
  readonly method?: string;
  /** As sent, with query; not normalised. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Signs in the header; 'none' sends what is given. */
  readonly dialect?: Dialect | 'none';
  readonly signal?: AbortSignal;
  /** Without one the connection is used once. */
  readonly agent?: Agent;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** False when the connection went before the announced end. */
  readonly complete: boolean;
  /** On a connection that an earlier request had opened. */
  readonly reused: boolean;
}

/** The Authorization header that a client would send with these headers. */
export function authorization(
  { method = 'GET', path, headers = {} }: RawRequest,
  dialect: Dialect,
  { accessKey = ACCESS_KEY, secretKey = SECRET_KEY } = {},
): string {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()] as const);
  const distinct = Object.fromEntries(lower);
  const { resource, query } = parseTarget(path, distinct.host?.[0] ?? '', DOMAIN);
  const date = distinct.date?.[0] ?? '';
  const text = stringToSign({ method, headers: distinct, resource, query, dialect, date, presigned: false });
  return `${dialect === 'obs' ? 'OBS' : 'AWS'} ${accessKey}:${sign(secretKey, text)}`;
}

/** Sends one request. Rejects when the connection goes before the answer begins. */
export async function send(port: number, raw: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, body = '', dialect = 'obs', signal, agent = false } = raw;
  const headers = { date: new Date().toUTCString(), 'content-length': String(Buffer.byteLength(body)), ...raw.headers };
  const signed = dialect === 'none' ? {} : { authorization: authorization({ ...raw, headers }, dialect) };
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const options = { host: '127.0.0.1', port, method, path, agent, ...(signal ? { signal } : {}) };
  let begun = false;
  const client = request({ ...options, headers: { ...headers, ...signed } }, answer => {
    begun = true;
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', () => undefined);
    answer.on('close', () => {
      const all = Buffer.concat(chunks);
      const { statusCode: status = 0, complete } = answer;
      const { reusedSocket: reused } = client;
      resolve({ status, headers: answer.headers, body: all, text: all.toString(), complete, reused });
    });
  });
  client.on('error', error => {
    if (!begun) reject(error);
  });
  client.end(body);
  return promise;
}

/** The error code of an XML answer. */
export const codeOf = ({ text }: RawAnswer) => /<Code>(.*?)<\/Code>/.exec(text)?.[1];

/** The texts of all elements of that name. */
export const textsOf = ({ text }: RawAnswer, name: string) =>
  [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'g'))].map(match => match[1] ?? '');

interface SdkResult {
  readonly CommonMsg: { readonly Status: number; readonly Code: string; readonly Message: string };
  readonly InterfaceResult: Readonly<Record<string, unknown>> | null;
}

type SdkCall = (parameters: Readonly<Record<string, unknown>>) => Promise<SdkResult>;

/** The part of the SDK that the tests use; it ships no types. */
export interface Sdk {
  readonly createBucket: SdkCall;
  readonly headBucket: SdkCall;
  readonly listBuckets: SdkCall;
  readonly listObjects: SdkCall;
  readonly putObject: SdkCall;
  readonly getObject: SdkCall;
  readonly getObjectMetadata: SdkCall;
  readonly deleteObject: SdkCall;
  readonly initiateMultipartUpload: SdkCall;
  readonly uploadPart: SdkCall;
  readonly listParts: SdkCall;
  readonly listMultipartUploads: SdkCall;
  readonly completeMultipartUpload: SdkCall;
  readonly abortMultipartUpload: SdkCall;
  createSignedUrlSync(parameters: Readonly<Record<string, unknown>>): { readonly SignedUrl: string };
}

const ObsClient = createRequire(import.meta.url)('esdk-obs-nodejs') as new (
  options: Readonly<Record<string, unknown>>,
) => Sdk;

/** Every name is this machine, so that virtual-host style needs no name service. */
const lookupLoopback: LookupFunction = (_hostname, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

const loopbackAgent = new Agent({ lookup: lookupLoopback });

/** `obs`: native signature and virtual-host style, as in production. `amz`: by address, which makes the SDK use V2 and path style. */
export async function sdkFor(port: number, dialect: Dialect, secretKey = SECRET_KEY): Promise<Sdk> {
  const client = new ObsClient({
    access_key_id: ACCESS_KEY,
    secret_access_key: secretKey,
    server: dialect === 'obs' ? `http://${DOMAIN}:${port}` : `http://127.0.0.1:${port}`,
    signature: 'obs',
    http_agent: loopbackAgent,
    max_retry_count: 0,
  });
  await Promise.resolve(); // The SDK's constructor goes on after it has returned.
  return client;
}
