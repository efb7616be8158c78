/**
 * The refusals of the protocol with their HTTP status, as OBS documents them (API reference, "Error Codes").
 * These are the protocol's own codes; the daemon's registry (core/errors.ts) is not for them.
 */
const REFUSALS = {
  AccessDenied: [403, 'Access denied'],
  BadDigest: [400, 'The Content-MD5 you specified did not match what was received'],
  EntityTooLarge: [400, 'The proposed upload exceeds the maximum size allowed'],
  EntityTooSmall: [400, 'A part other than the last one is smaller than the minimum size'],
  InternalError: [500, 'An internal error occurred; try again'],
  InvalidAccessKeyId: [403, 'The access key id you provided does not exist in our records'],
  InvalidArgument: [400, 'Invalid argument'],
  InvalidBucketName: [400, 'The specified bucket name is not valid'],
  InvalidDigest: [400, 'The Content-MD5 you specified is not valid'],
  InvalidPart: [400, 'One or more of the specified parts could not be found, or their ETags differ'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order'],
  InvalidRange: [416, 'The requested range cannot be satisfied'],
  InvalidURI: [400, 'The URI could not be parsed'],
  KeyTooLongError: [400, 'The key is longer than 1024 bytes'],
  MalformedXML: [400, 'The XML you provided is not well-formed or not of the expected form'],
  MethodNotAllowed: [405, 'The method is not allowed against this resource'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist'],
  NotImplemented: [501, 'This server does not implement what the request asks for'],
  PreconditionFailed: [412, 'At least one of the preconditions did not hold'],
  RequestTimeTooSkewed: [403, 'The request time and the current time differ by more than 15 minutes'],
  SignatureDoesNotMatch: [403, 'The signature we calculated does not match the one you provided'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type RefusalCode = keyof typeof REFUSALS;

/** A refusal on its way to the client. Faults on demand may carry codes that the server itself never sends. */
export class ObsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'ObsError';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** The protocol's refusal of that code; `message` replaces the usual sentence where more is known. */
export function refusal(code: RefusalCode, message?: string, headers?: Readonly<Record<string, string>>): ObsError {
  const [status, usual] = REFUSALS[code];
  return new ObsError(code, status, message ?? usual, headers);
}
