import assert from 'node:assert/strict';
import { type Signable, sign, stringToSign } from '../../src/devserver/signature.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

function signatureOf(parts: Partial<Signable> & { resource: string; date: string }): string {
  const defaults = {
    method: 'GET',
    headers: {},
    query: new URLSearchParams(),
    dialect: 'amz',
    presigned: false,
  } as const;
  return sign(SECRET, stringToSign({ ...defaults, ...parts }));
}

/** The examples of AWS, "Signing and Authenticating REST Requests" (Signature Version 2). */
const PUBLISHED: readonly [name: string, parts: Parameters<typeof signatureOf>[0], signature: string][] = [
  [
    'object GET',
    { resource: '/johnsmith/photos/puppy.jpg', date: 'Tue, 27 Mar 2007 19:36:42 +0000' },
    'bWq2s1WEIj+Ydj0vQ697zp+IXMU=',
  ],
  [
    'object PUT',
    {
      method: 'PUT',
      headers: { 'content-type': ['image/jpeg'], 'content-length': ['94328'] },
      resource: '/johnsmith/photos/puppy.jpg',
      date: 'Tue, 27 Mar 2007 21:15:45 +0000',
    },
    'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
  ],
  [
    'list, whose parameters are not signed',
    {
      resource: '/johnsmith/',
      query: new URLSearchParams('prefix=photos&max-keys=50&marker=puppy'),
      date: 'Tue, 27 Mar 2007 19:42:41 +0000',
    },
    'htDYFYduRNen8P9ZfE/s9SuKy0U=',
  ],
  [
    'fetch, whose sub-resource is signed',
    { resource: '/johnsmith/', query: new URLSearchParams('acl'), date: 'Tue, 27 Mar 2007 19:44:46 +0000' },
    'c2WLPFtWHVgbEmeEG93a4cG37dM=',
  ],
  [
    'upload with metadata, one header twice',
    {
      method: 'PUT',
      headers: {
        'x-amz-acl': ['public-read'],
        'content-type': ['application/x-download'],
        'content-md5': ['4gJE4saaMU4BqNR0kLY+lw=='],
        'x-amz-meta-reviewedby': ['joe@johnsmith.net', 'jane@johnsmith.net'],
        'x-amz-meta-filechecksum': ['0x02661779'],
        'x-amz-meta-checksumalgorithm': ['crc32'],
        'content-encoding': ['gzip'],
      },
      resource: '/static.johnsmith.net/db-backup.dat.gz',
      date: 'Tue, 27 Mar 2007 21:06:08 +0000',
    },
    'ilyl83RwaSoYIEdixDQcA4OnAnc=',
  ],
  ['list all buckets', { resource: '/', date: 'Wed, 28 Mar 2007 01:29:59 +0000' }, 'qGdzdERIC03wnaRNKh6OqZehG9s='],
  [
    'a key beyond ASCII, as it is encoded on the wire',
    { resource: '/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re', date: 'Wed, 28 Mar 2007 01:49:49 +0000' },
    'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
  ],
  [
    'signed URL',
    {
      resource: '/johnsmith/photos/puppy.jpg',
      query: new URLSearchParams('AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620'),
      date: '1175139620',
      presigned: true,
    },
    'NpgCjnDzrM+WFzoENXmpNDUsSn8=',
  ],
];

describe('devserver: signature', () => {
  for (const [name, parts, signature] of PUBLISHED) {
    it(`gives the published signature: ${name}`, () => assert.equal(signatureOf(parts), signature));
  }

  it('signs the headers of the own dialect only, by name', () => {
    const headers = { 'x-obs-b': ['2'], 'x-amz-a': ['1'], 'x-obs-a': ['1'], host: ['h'] };
    const parts = {
      method: 'GET',
      headers,
      resource: '/b/k',
      query: new URLSearchParams(),
      date: 'd',
      presigned: false,
    };
    assert.equal(stringToSign({ ...parts, dialect: 'obs' }), 'GET\n\n\nd\nx-obs-a:1\nx-obs-b:2\n/b/k');
    assert.equal(stringToSign({ ...parts, dialect: 'amz' }), 'GET\n\n\nd\nx-amz-a:1\n/b/k');
  });

  it('signs decoded values of sub-resources by name, and x-obs-* parameters in a URL only', () => {
    const query = new URLSearchParams('uploadId=a%2Fb&prefix=p&partNumber=1&x-obs-acl=private');
    const parts = { method: 'PUT', headers: {}, resource: '/b/k', query, dialect: 'obs', date: '' } as const;
    const inHeader = stringToSign({ ...parts, presigned: false });
    assert.ok(inHeader.endsWith('/b/k?partNumber=1&uploadId=a/b'));
    assert.ok(stringToSign({ ...parts, presigned: true }).endsWith('&uploadId=a/b&x-obs-acl=private'));
  });
});
