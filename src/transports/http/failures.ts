import { BftError, errno } from '../../core/errors.ts';
import { shownUrl } from '../../core/shown-url.ts';

const LONGEST_MS = 3_600_000;
/** What TLS says of certificates: OpenSSL's verification errors, and the name that does not fit. */
const OF_THE_CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|CRL|INVALID_CA|INVALID_PURPOSE/;

type Headers = Readonly<Record<string, unknown>>;

/** Turns an HTTP status that is no success into an error that says whether time may heal it. */
export function statusError(status: number, url: URL | string, headers: Headers): BftError {
  const heals = status < 200 || status >= 500 || status === 429 || status === 408 || status === 425;
  return new BftError('SOURCE_REFUSES', `${shownUrl(url)} answered ${status}`, {
    permanent: !heals,
    answered: status,
    retryAfterMs: retryAfterMs(headers),
  });
}

/** Retry-After in seconds or as a date (RFC 9110 10.2.3), at most an hour; 0 without one. A date is read by the clock of the server, if it says it. */
export function retryAfterMs({ 'retry-after': after, date }: Headers): number {
  const text = typeof after === 'string' ? after.trim() : '';
  const now = Date.parse(String(date)) || Date.now();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
}

/** Wraps what the network throws. */
export function networkError(error: unknown, url: URL | string): BftError {
  const known = ownError(error);
  if (known) return known;
  const why = error instanceof Error ? error.message : String(error);
  const message = `${shownUrl(url)} cannot be reached: ${why.split('?')[0]}`;
  if (OF_THE_CERTIFICATE.test(errno(error) ?? '')) return new BftError('TLS_REFUSED', message, { cause: error });
  return new BftError('SOURCE_UNREACHABLE', message, { cause: error });
}

/** What our own checks threw may come wrapped. */
function ownError(error: unknown): BftError | undefined {
  if (error instanceof BftError) return error;
  return error instanceof Error ? ownError(error.cause) : undefined;
}
