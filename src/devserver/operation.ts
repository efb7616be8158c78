import { refusal } from './obs-error.ts';
import type { Target } from './target.ts';

/** What the server can do, by the SDK's method names, and the requests that ask for it. */
const REQUESTS = {
  'HEAD service?apiversion': 'apiVersion',
  'HEAD bucket?apiversion': 'apiVersion',
  'GET service': 'listBuckets',
  'PUT bucket': 'createBucket',
  'HEAD bucket': 'headBucket',
  'GET bucket': 'listObjects',
  'GET bucket?uploads': 'listMultipartUploads',
  'PUT object': 'putObject',
  'GET object': 'getObject',
  'HEAD object': 'headObject',
  'DELETE object': 'deleteObject',
  'POST object?uploads': 'initiateMultipartUpload',
  'PUT object?uploadId': 'uploadPart',
  'GET object?uploadId': 'listParts',
  'POST object?uploadId': 'completeMultipartUpload',
  'DELETE object?uploadId': 'abortMultipartUpload',
} as const;

export type Operation = (typeof REQUESTS)[keyof typeof REQUESTS];
export const OPERATIONS: readonly Operation[] = [...new Set(Object.values(REQUESTS))];

const ROUTES: ReadonlyMap<string, Operation> = new Map(Object.entries(REQUESTS));
const SELECTORS = ['apiversion', 'uploads', 'uploadId'];

/** Asking for one of these must not silently get the plain operation on the same path. */
const UNSUPPORTED = [
  'acl append cors delete lifecycle location logging metadata modify notification policy quota rename replication restore',
  'storageClass storageinfo storagePolicy tagging truncate versionId versioning versions website x-image-process',
].flatMap(names => names.split(' '));

function levelOf({ bucket, key }: Target): 'service' | 'bucket' | 'object' {
  if (bucket === '') return 'service';
  return key === '' ? 'bucket' : 'object';
}

export function operationOf(method: string, target: Target): Operation {
  const unsupported = UNSUPPORTED.find(name => target.query.has(name));
  if (unsupported !== undefined) throw refusal('NotImplemented', `This server does not know ?${unsupported}`);
  const selector = SELECTORS.find(name => target.query.has(name));
  const operation = ROUTES.get(`${method} ${levelOf(target)}${selector === undefined ? '' : `?${selector}`}`);
  if (operation === undefined) throw refusal('MethodNotAllowed');
  return operation;
}
