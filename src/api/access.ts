import { createHmac } from 'node:crypto';
import type { Context } from 'koa';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import { isSame } from './guard.ts';
import { Guesses } from './guesses.ts';

export const SESSION_COOKIE = 'bft_session';

/** Who may call: those with the token, as `Authorization: Bearer` or, from the console, as a session (faults.md, hostile input 3). */
export class Access {
  readonly #token: string;
  readonly #guesses: Guesses;
  /** Derived from the token: it outlives restarts, ends with the token, and does not tell it. Who guesses tokens could try them as sessions without `sessionKey`. */
  readonly #session: string;

  /** Token '': none is needed. */
  constructor({ clock }: { clock: Pick<Clock, 'monotonic'> }, token: string, sessionKey = '') {
    this.#token = token;
    this.#guesses = new Guesses({ clock });
    this.#session = createHmac('sha256', `${sessionKey} ${token}`).update(SESSION_COOKIE).digest('base64url');
  }

  get isNeeded(): boolean {
    return this.#token !== '';
  }

  /** Throws UNAUTHORISED, TOO_MANY_TRIES, or ORIGIN_FOREIGN: what a session changes must come from a page of ours. */
  check(ctx: Context): void {
    if (!this.isNeeded) return;
    const authorization = ctx.get('authorization');
    if (authorization !== '')
      return this.#guesses.check(from(ctx), () => isSame(authorization, `Bearer ${this.#token}`));
    if (!this.hasSession(ctx)) throw new BftError('UNAUTHORISED', 'the token is missing or wrong');
    // That it is ours has been checked.
    if (!['GET', 'HEAD'].includes(ctx.method) && ctx.get('origin') === '')
      throw new BftError('ORIGIN_FOREIGN', 'the call has a session and no Origin');
  }

  hasSession(ctx: Context): boolean {
    const given = ctx.cookies.get(SESSION_COOKIE, { signed: false }) ?? '';
    return this.isNeeded && isSame(given, this.#session);
  }

  /** The value of the cookie, for who has the token. Throws UNAUTHORISED or TOO_MANY_TRIES. */
  open(ctx: Context, token: string): string {
    if (this.isNeeded) this.#guesses.check(from(ctx), () => isSame(token, this.#token));
    return this.#session;
  }
}

const from = (ctx: Context) => ctx.req.socket.remoteAddress ?? '';
