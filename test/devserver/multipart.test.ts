import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKET, codeOf, type RunningServer, type Sdk, send, sdkFor, startServer, textsOf } from './harness.ts';

const PART_BYTES = 100 * 1024;
const KEY = '影片/reel 1+.mxf';
const PATH = `/${BUCKET}/${encodeURIComponent(KEY)}`;

const hexMd5 = (data: Buffer) => createHash('md5').update(data).digest('hex');
const partXml = (number: number, etag: string) =>
  `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`;
const completion = (...parts: string[]) => `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;

for (const dialect of ['obs', 'amz'] as const) {
  describe(`devserver: multipart through the SDK, ${dialect} signature`, () => {
    let server: RunningServer;
    let sdk: Sdk;
    before(async () => {
      server = await startServer();
      sdk = await sdkFor(server.port, dialect);
    });
    after(() => server.stop());

    it('makes an object of parts that came in any order', async () => {
      const bytes = randomBytes(2 * PART_BYTES + 5);
      const SourceFile = join(server.root, 'source.bin');
      await writeFile(SourceFile, bytes);
      const upload = { Bucket: BUCKET, Key: KEY };
      const begun = await sdk.initiateMultipartUpload({
        ...upload,
        ContentType: 'application/mxf',
        Metadata: { id: '7' },
      });
      const named = { ...upload, UploadId: begun.InterfaceResult?.UploadId };
      for (const PartNumber of [3, 1, 2]) {
        const Offset = (PartNumber - 1) * PART_BYTES;
        const PartSize = Math.min(PART_BYTES, bytes.length - Offset);
        const part = await sdk.uploadPart({ ...named, PartNumber, SourceFile, Offset, PartSize });
        assert.equal(part.CommonMsg.Status, 200, part.CommonMsg.Message);
        assert.equal(part.InterfaceResult?.ETag, `"${hexMd5(bytes.subarray(Offset, Offset + PartSize))}"`);
      }
      const listed = await sdk.listParts(named);
      const Parts = listed.InterfaceResult?.Parts as { PartNumber: string; ETag: string; Size: string }[];
      assert.deepEqual(
        Parts.map(part => [part.PartNumber, part.Size]),
        [
          ['1', String(PART_BYTES)],
          ['2', String(PART_BYTES)],
          ['3', '5'],
        ],
      );
      const done = await sdk.completeMultipartUpload({ ...named, Parts });
      const digests = Parts.map(part => Buffer.from(part.ETag.replaceAll('"', ''), 'hex'));
      assert.equal(done.InterfaceResult?.ETag, `"${hexMd5(Buffer.concat(digests))}-3"`);
      const got = await send(server.port, { path: PATH });
      assert.ok(got.body.equals(bytes));
      assert.deepEqual([got.headers['content-type'], got.headers['x-obs-meta-id']], ['application/mxf', '7']);
      const across = await send(server.port, {
        path: PATH,
        headers: { range: `bytes=${PART_BYTES - 2}-${PART_BYTES + 1}` },
      });
      assert.ok(across.body.equals(bytes.subarray(PART_BYTES - 2, PART_BYTES + 2)));
    });

    it('lists and aborts what is unfinished', async () => {
      const { InterfaceResult } = await sdk.initiateMultipartUpload({ Bucket: BUCKET, Key: 'orphan' });
      const UploadId = InterfaceResult?.UploadId;
      const listed = await sdk.listMultipartUploads({ Bucket: BUCKET });
      const uploads = listed.InterfaceResult?.Uploads as { Key: string; UploadId: string }[];
      assert.deepEqual(
        uploads.map(upload => [upload.Key, upload.UploadId]),
        [['orphan', UploadId]],
      );
      const aborted = await sdk.abortMultipartUpload({ Bucket: BUCKET, Key: 'orphan', UploadId });
      assert.equal(aborted.CommonMsg.Status, 204);
      const again = await sdk.abortMultipartUpload({ Bucket: BUCKET, Key: 'orphan', UploadId });
      assert.deepEqual([again.CommonMsg.Status, again.CommonMsg.Code], [404, 'NoSuchUpload']);
    });
  });
}

describe('devserver: multipart, raw', () => {
  let server: RunningServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.stop());

  const initiate = async (path = PATH) => {
    const answer = await send(server.port, { method: 'POST', path: `${path}?uploads` });
    return textsOf(answer, 'UploadId')[0] ?? '';
  };
  const uploadPart = (id: string, number: number | string, body: Buffer, headers = {}) =>
    send(server.port, { method: 'PUT', path: `${PATH}?partNumber=${number}&uploadId=${id}`, body, headers });
  const complete = (id: string, body: string) =>
    send(server.port, { method: 'POST', path: `${PATH}?uploadId=${id}`, body });
  const blobs = () => readdir(join(server.root, BUCKET, 'blobs'));

  it('refuses a completion that does not fit the parts, and leaves the upload as it was', async () => {
    const [one, two] = [randomBytes(PART_BYTES), randomBytes(PART_BYTES - 1)];
    const [first, second] = [partXml(1, hexMd5(one)), partXml(2, hexMd5(two))];
    const id = await initiate();
    await uploadPart(id, 1, one);
    await uploadPart(id, 2, two);
    await uploadPart(id, 3, one);
    const refusals: readonly [body: string, code: string][] = [
      ['nonsense', 'MalformedXML'],
      [completion(), 'MalformedXML'],
      [`${completion(first)}x`, 'MalformedXML'],
      [completion('<Part><PartNumber>1</PartNumber></Part>'), 'MalformedXML'],
      [completion(second, first), 'InvalidPartOrder'],
      [completion(first, first), 'InvalidPartOrder'],
      [completion(first, partXml(4, hexMd5(one))), 'InvalidPart'],
      [completion(partXml(1, hexMd5(two))), 'InvalidPart'],
      [completion(first, second, partXml(3, hexMd5(one))), 'EntityTooSmall'],
    ];
    for (const [body, code] of refusals) {
      const answer = await complete(id, body);
      assert.deepEqual([answer.status, codeOf(answer)], [400, code], body);
    }
    assert.equal((await send(server.port, { path: PATH })).status, 404);
    assert.equal((await complete(id, completion(first, second))).status, 200);
    assert.ok((await send(server.port, { path: PATH })).body.equals(Buffer.concat([one, two])));
    assert.equal((await blobs()).length, 2, 'the unused part is gone, nothing was copied');
  });

  it('knows a finished upload no more', async () => {
    const id = await initiate();
    const body = randomBytes(10);
    await uploadPart(id, 1, body);
    await complete(id, completion(partXml(1, hexMd5(body))));
    for (const answer of [await complete(id, completion(partXml(1, hexMd5(body)))), await uploadPart(id, 2, body)]) {
      assert.deepEqual([answer.status, codeOf(answer)], [404, 'NoSuchUpload']);
    }
    const other = await send(server.port, { path: `/${BUCKET}/other?uploadId=${await initiate()}` });
    assert.equal(codeOf(other), 'NoSuchUpload');
  });

  it('replaces a part that comes again, checks digests and numbers', async () => {
    const id = await initiate();
    const [old, next] = [randomBytes(10), randomBytes(20)];
    await uploadPart(id, 1, old);
    await uploadPart(id, 1, next);
    assert.equal((await blobs()).length, 1);
    const wrong = { 'content-md5': createHash('md5').update('other').digest('base64') };
    assert.equal(codeOf(await uploadPart(id, 1, old, wrong)), 'BadDigest');
    for (const number of [0, 10_001, 'x']) assert.equal(codeOf(await uploadPart(id, number, old)), 'InvalidArgument');
    await complete(id, completion(partXml(1, hexMd5(next))));
    assert.ok((await send(server.port, { path: PATH })).body.equals(next));
  });

  it('accepts the completion as other clients write it', async () => {
    const id = await initiate();
    const body = randomBytes(10);
    await uploadPart(id, 1, body);
    const part = `<Part>\n <ETag>&quot;${hexMd5(body)}&quot;</ETag>\n <ChecksumCRC32>x</ChecksumCRC32><PartNumber>1</PartNumber>\n</Part>`;
    const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUpload ${namespace}>\n${part}\n</CompleteMultipartUpload>\n`;
    assert.equal((await complete(id, xml)).status, 200);
  });

  it('answers although the completion is far too long', async () => {
    const id = await initiate();
    const answer = await complete(id, 'x'.repeat(6 * 1024 * 1024));
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'EntityTooLarge']);
  });

  it('lists parts and uploads page by page', async () => {
    const id = await initiate();
    for (const number of [10, 9, 1]) await uploadPart(id, number, randomBytes(3));
    const parts = await send(server.port, { path: `${PATH}?uploadId=${id}&max-parts=2` });
    assert.deepEqual(textsOf(parts, 'PartNumber'), ['1', '9']);
    assert.deepEqual([textsOf(parts, 'IsTruncated')[0], textsOf(parts, 'NextPartNumberMarker')[0]], ['true', '9']);
    const rest = await send(server.port, { path: `${PATH}?uploadId=${id}&part-number-marker=9` });
    assert.deepEqual([textsOf(rest, 'PartNumber'), textsOf(rest, 'IsTruncated')[0]], [['10'], 'false']);

    const sameKey = await initiate();
    await initiate(`/${BUCKET}/a`);
    const query = (more: string) => send(server.port, { path: `/${BUCKET}?uploads&${more}` });
    const first = await query('max-uploads=2');
    const [a, b] = [id, sameKey].sort();
    assert.deepEqual(textsOf(first, 'Key'), ['a', KEY]);
    assert.deepEqual([textsOf(first, 'UploadId')[1], textsOf(first, 'NextUploadIdMarker')[0]], [a, a]);
    const next = await query(`key-marker=${encodeURIComponent(KEY)}&upload-id-marker=${a}`);
    assert.deepEqual([textsOf(next, 'UploadId'), textsOf(next, 'IsTruncated')[0]], [[b], 'false']);
    assert.deepEqual(textsOf(await query('prefix=a'), 'Key'), ['a']);
  });

  it('keeps nothing of an aborted upload, not even of a part that is on its way', async () => {
    const id = await initiate();
    const late = uploadPart(id, 1, randomBytes(8 * 1024 * 1024));
    await uploadPart(id, 2, randomBytes(10));
    const path = `${PATH}?uploadId=${id}`;
    assert.equal((await send(server.port, { method: 'DELETE', path })).status, 204);
    await late;
    assert.deepEqual(await blobs(), []);
    assert.deepEqual(await readdir(join(server.root, BUCKET, 'uploads')), []);
  });
});
