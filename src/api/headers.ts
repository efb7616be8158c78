import type { Context, Next } from 'koa';

const NOTHING = "default-src 'none'; frame-ancestors 'none'";
/** Of the console's pages: their own scripts, styles and calls, nothing of anybody else. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * What every answer says to browsers, refusals too: no other site may read, frame or embed it, nothing guesses its type, nothing keeps it. Pages loosen
 * it for themselves. There is no CORS (faults.md, hostile input 2), and no HSTS: it would hold for all other ports of the machine, too.
 */
export function securityHeaders() {
  const headers: Record<string, string> = {
    'content-security-policy': NOTHING,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  return (ctx: Context, next: Next) => {
    ctx.set(headers);
    return next();
  };
}
