import type { Handler } from '../exchange.ts';
import type { Operation } from '../operation.ts';
import { abortMultipartUpload } from './abort-multipart-upload.ts';
import { apiVersion } from './api-version.ts';
import { createBucket, headBucket, listBuckets } from './buckets.ts';
import { completeMultipartUpload } from './complete-multipart-upload.ts';
import { deleteObject } from './delete-object.ts';
import { getObject, headObject } from './get-object.ts';
import { initiateMultipartUpload } from './initiate-multipart-upload.ts';
import { listMultipartUploads } from './list-multipart-uploads.ts';
import { listObjects } from './list-objects.ts';
import { listParts } from './list-parts.ts';
import { putObject } from './put-object.ts';
import { uploadPart } from './upload-part.ts';

export const HANDLERS: Readonly<Record<Operation, Handler>> = {
  abortMultipartUpload,
  apiVersion,
  completeMultipartUpload,
  createBucket,
  deleteObject,
  getObject,
  headBucket,
  headObject,
  initiateMultipartUpload,
  listBuckets,
  listMultipartUploads,
  listObjects,
  listParts,
  putObject,
  uploadPart,
};
