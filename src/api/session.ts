import { Router } from '@koa/router';
import { BftError } from '../core/errors.ts';
import { decodeUtf8, parseJson } from '../core/json.ts';
import { validator } from '../core/validate.ts';
import { type Access, SESSION_COOKIE } from './access.ts';
import { readBody } from './body.ts';
import { checkContentType } from './guard.ts';
import { sessionBody } from './open-paths.ts';

const LASTS_SECONDS = 30 * 24 * 60 * 60;
const check = validator(sessionBody);

/** /api/v1/session: browsers exchange the token for a cookie, which scripts cannot read and other sites cannot send. Whether it is needed, anybody may ask. */
export function sessionRouter(
  access: Access,
  options: { readonly listenHost: string; readonly isTls: boolean },
): Router {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${options.isTls ? '; Secure' : ''}`;
  const router = new Router();
  router.get('/api/v1/session', ctx => {
    ctx.body = { needed: access.isNeeded, valid: !access.isNeeded || access.hasSession(ctx) };
  });
  router.post('/api/v1/session', async ctx => {
    checkContentType(ctx, options.listenHost);
    const value = access.open(ctx, readToken(await readBody(ctx)));
    ctx.set('set-cookie', `${SESSION_COOKIE}=${value}; ${attributes}; Max-Age=${LASTS_SECONDS}`);
    ctx.status = 204;
  });
  router.delete('/api/v1/session', ctx => {
    ctx.set('set-cookie', `${SESSION_COOKIE}=; ${attributes}; Max-Age=0`);
    ctx.status = 204;
  });
  return router;
}

/** What is wrong with it is said without any of it: it may be the token. */
function readToken(body: Uint8Array): string {
  let raw: unknown;
  try {
    raw = parseJson(decodeUtf8(body));
  } catch {
    throw new BftError('BODY_NOT_JSON', 'the body is not JSON we accept');
  }
  const result = check(raw);
  if (!('value' in result)) throw new BftError('BODY_NOT_JSON', 'the body must be {"token": "…"}');
  return result.value.token;
}
