import { type Handler, xmlReply } from '../exchange.ts';
import { leaf, tree } from '../xml.ts';

/** GET /: all buckets of the owner. There is one owner here. */
export const listBuckets: Handler = async ({ store }) => {
  const buckets = store
    .buckets()
    .map(({ name, created }) => tree('Bucket', leaf('Name', name), leaf('CreationDate', created)));
  return xmlReply(tree('ListAllMyBucketsResult', tree('Owner', leaf('ID', 'owner')), tree('Buckets', ...buckets)));
};

/** PUT /bucket: creating one's own bucket again is no error. */
export const createBucket: Handler = async ({ store, target, now }) => {
  await store.create(target.bucket, now);
  return { status: 200, headers: { location: `/${target.bucket}` } };
};

/** HEAD /bucket: is it there? */
export const headBucket: Handler = async ({ store, target }) => {
  store.bucket(target.bucket);
  return { status: 200, headers: { 'x-obs-api': '3.0' } };
};
