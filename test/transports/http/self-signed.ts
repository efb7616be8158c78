import { generateKeyPairSync, sign } from 'node:crypto';

const ECDSA_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const ALTERNATIVE_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';

/** DER: a tag, the length, the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
const seq = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (hex: string) => der(6, Buffer.from(hex, 'hex'));
const time = (text: string) => der(0x17, Buffer.from(text));

/** A key and a certificate for 127.0.0.1 that vouches for itself (X.509 v3, RFC 5280); PEM. */
export function selfSigned({ until = '491231235959Z' } = {}): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = seq(der(0x31, seq(oid(COMMON_NAME), der(12, Buffer.from('bftv2 test')))));
  const extensions = seq(
    seq(oid(ALTERNATIVE_NAME), der(4, seq(der(0x87, Buffer.from([127, 0, 0, 1]))))),
    seq(oid(BASIC_CONSTRAINTS), der(4, seq(der(1, Buffer.from([255]))))),
  );
  const signed = seq(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1])),
    seq(oid(ECDSA_SHA256)),
    name,
    seq(time('200101000000Z'), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = der(3, Buffer.from([0]), sign('sha256', signed, privateKey));
  const certificate = seq(signed, seq(oid(ECDSA_SHA256)), signature);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}
