import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { stringToSign } from '../../../src/devserver/signature.ts';
import { Bucket } from '../../../src/transports/obs/bucket.ts';
import type { SignedPut } from '../../../src/transports/obs/put-bytes.ts';

const ENDPOINT = 'obs.cn-north-4.myhuaweicloud.com';
const KEYS = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const MD5 = createHash('md5').update('bytes').digest();
const SHA1 = createHash('sha1').update('bytes').digest('hex');
const KEY = "dcps/影片 1/what? 100%+&='#.mxf";
/** RFC 3986: what may stand in a path as it is; everything else of the key is encoded, but the slashes. */
const ENCODED = 'dcps/%E5%BD%B1%E7%89%87%201/what%3F%20100%25%2B%26%3D%27%23.mxf';

interface Style {
  readonly urlStyle: 'auto' | 'path';
  readonly dialect: 'obs' | 'amz';
  readonly keyName: string;
  readonly origin: string;
  readonly path: string;
}

/**
 * The addresses that real OBS takes, in both URL styles, held against the published algorithm: OBS API Reference, "Authentication of Signature in a URL";
 * AWS, "Signing and Authenticating REST Requests", "Query String Request Authentication Alternative". The text that is signed is built here by hand.
 */
const STYLES: Record<string, Style> = {
  'the bucket in the host name, signature of OBS': {
    urlStyle: 'auto',
    dialect: 'obs',
    keyName: 'AccessKeyId',
    origin: `https://films.${ENDPOINT}`,
    path: `/${ENCODED}`,
  },
  'the bucket in the path, signature V2': {
    urlStyle: 'path',
    dialect: 'amz',
    keyName: 'AWSAccessKeyId',
    origin: `https://${ENDPOINT}`,
    path: `/films/${ENCODED}`,
  },
};

describe('transports/obs: signatures of real OBS (BO-01, BO-07)', () => {
  /** The query string example of AWS: its signature is published. */
  it('the published example of a signed address', () => {
    const text = 'GET\n\n\n1141889120\n/quotes/nelson';
    const example = { accessKey: '44CF9590006BF252F707', secretKey: 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV' };
    assert.equal(createHmac('sha1', example.secretKey).update(text).digest('base64'), 'vjbyPxybdZaNmGa+yT272YEAiv4=');
    const signable = {
      method: 'GET',
      headers: {},
      resource: '/quotes/nelson',
      query: new URLSearchParams(),
    };
    assert.equal(stringToSign({ ...signable, dialect: 'amz', date: '1141889120', presigned: true }), text);
  });

  for (const [name, { urlStyle, dialect, keyName, origin, path }] of Object.entries(STYLES)) {
    describe(name, () => {
      let bucket: Bucket;
      before(async () => {
        bucket = await Bucket.open({ ...KEYS, endpoint: ENDPOINT }, 'films', urlStyle);
      });
      after(() => bucket.close());

      /** Checks an address and its signature, which covers these lines. */
      const check = (address: string, seconds: number, method: string, md5: string, headers: string, query = '') => {
        const url = new URL(address);
        assert.equal(url.origin, origin);
        assert.equal(url.pathname, path);
        assert.equal(url.searchParams.get(keyName), KEYS.accessKey);
        const expires = url.searchParams.get('Expires') ?? '';
        const left = Number(expires) - Date.now() / 1000;
        assert.ok(left > seconds - 60 && left <= seconds, `${left} s`);
        const text = `${method}\n${md5}\n\n${expires}\n${headers}/films/${ENCODED}${query}`;
        const signature = createHmac('sha1', KEYS.secretKey).update(text).digest('base64');
        assert.equal(url.searchParams.get('Signature'), signature, text);
      };
      const md5 = MD5.toString('base64');

      it('GET', () => check(bucket.signedUrl(KEY, 7200), 7200, 'GET', '', ''));

      it('PUT of an object, with the MD5 and our SHA-1', () => {
        const { url, headers }: SignedPut = bucket.signedObject(KEY, MD5, SHA1);
        const meta = `x-${dialect}-meta-sha1`;
        assert.deepEqual(headers, { 'content-md5': md5, [meta]: SHA1 });
        check(url, 86_400, 'PUT', md5, `${meta}:${SHA1}\n`);
      });

      it('PUT of a part, whose number and upload are signed', () => {
        const { url, headers } = bucket.signedPart(KEY, 'upload/1+2=', 7, MD5);
        assert.deepEqual(headers, { 'content-md5': md5 });
        assert.deepEqual(
          ['partNumber', 'uploadId'].map(parameter => new URL(url).searchParams.get(parameter)),
          ['7', 'upload/1+2='],
        );
        check(url, 86_400, 'PUT', md5, '', '?partNumber=7&uploadId=upload/1+2=');
      });
    });
  }
});
