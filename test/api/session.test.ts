import assert from 'node:assert/strict';
import { ApiServer } from '../../src/api/server.ts';
import { type Listening, startListening } from '../listening.ts';
import { ManualClock } from '../manual-clock.ts';
import { send } from '../raw-request.ts';
import { liveStreams, nodeWith, request } from './harness.ts';

const TOKEN = 'correct-horse-battery-staple';

describe('api: token and session (hostile input 2 and 3)', () => {
  let listening: Listening;
  let clock: ManualClock;
  const start = async (token = TOKEN) => {
    clock = new ManualClock();
    const address = { host: '127.0.0.1', port: 0 };
    listening = await startListening(
      log => new ApiServer({ node: nodeWith(PARTS), streams: liveStreams(), log, clock }, { address, token }),
    );
  };
  const PARTS = { cancel: async () => true };
  beforeEach(() => start());
  afterEach(() => listening.stop());

  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    send(listening.port, {
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const logIn = (token: string) => call('POST', '/api/v1/session', {}, JSON.stringify({ token }));
  const bearer = (token: string) => call('GET', '/heartbeat', { authorization: `Bearer ${token}` });
  const codeOf = ({ text }: { text: string }) => (JSON.parse(text) as { error: { code: string } }).error.code;
  const session = async () => {
    const { status, headers, body } = await logIn(TOKEN);
    assert.deepEqual([status, body.length], [204, 0]);
    return headers['set-cookie']?.[0] ?? assert.fail('no cookie');
  };
  const pair = (cookie: string) => cookie.split(';')[0] ?? '';
  const CANCEL = request('cancel', { taskfile: 'cfec-001-film.task.json' });

  it('gives a cookie for the token, which scripts cannot read, other sites cannot send, and that does not tell the token', async () => {
    const cookie = await session();
    assert.match(cookie, /^bft_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    assert.ok(!cookie.includes(TOKEN));
    assert.equal((await call('GET', '/heartbeat', { cookie: pair(cookie) })).status, 200);
    assert.equal((await call('GET', '/heartbeat')).status, 401);
  });

  it('outlives a restart, and ends with the token', async () => {
    const cookie = pair(await session());
    for (const [token, status] of [
      [TOKEN, 200],
      ['another', 401],
    ] as const) {
      await listening.stop();
      await start(token);
      assert.equal((await call('GET', '/heartbeat', { cookie })).status, status);
    }
  });

  it('tells anybody whether a session is needed and there, and clears it', async () => {
    const cookie = pair(await session());
    const state = async (headers: Record<string, string> = {}) =>
      JSON.parse((await call('GET', '/api/v1/session', headers)).text) as unknown;
    assert.deepEqual(await state(), { needed: true, valid: false });
    assert.deepEqual(await state({ cookie }), { needed: true, valid: true });
    assert.deepEqual(await state({ cookie: 'bft_session=x' }), { needed: true, valid: false });
    const cleared = await call('DELETE', '/api/v1/session', { cookie, origin: listening.url });
    assert.equal(cleared.status, 204);
    assert.match(cleared.headers['set-cookie']?.[0] ?? '', /^bft_session=; .*Max-Age=0$/);
    await listening.stop();
    await start('');
    assert.deepEqual(await state(), { needed: false, valid: true });
  });

  it('lets a session change things only for pages of ours: Origin must be there and be this node', async () => {
    const cookie = pair(await session());
    const cancel = (headers: Record<string, string>) => call('POST', '/cancel', { cookie, ...headers }, CANCEL);
    assert.equal((await cancel({ origin: listening.url })).status, 200);
    for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }]) {
      const refused = await cancel(headers);
      assert.equal(refused.status, 403, JSON.stringify(headers));
      assert.match(refused.text, /ORIGIN_FOREIGN/);
    }
    // A program has the token, and no Origin.
    assert.equal((await call('POST', '/cancel', { authorization: `Bearer ${TOKEN}` }, CANCEL)).status, 200);
  });

  it('refuses what is no token without repeating any of it', async () => {
    for (const body of ['', 'null', '{"token": 7}', `{"token": "${TOKEN}"`, `"${TOKEN}"`]) {
      const refused = await call('POST', '/api/v1/session', {}, body);
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'BODY_NOT_JSON'], body);
      assert.ok(!refused.text.includes('horse'));
    }
  });

  it('slows down who guesses, for both ways alike, and forgets it after a right one', async () => {
    for (let tries = 0; tries < 5; tries++) assert.equal((await logIn(`wrong ${tries}`)).status, 401);
    const held = await logIn(TOKEN);
    assert.deepEqual([held.status, codeOf(held), held.headers['retry-after']], [429, 'TOO_MANY_TRIES', '1']);
    assert.equal((await bearer(TOKEN)).status, 429);
    clock.advance(1000);
    assert.equal((await bearer('wrong')).status, 401);
    assert.equal((await bearer(TOKEN)).headers['retry-after'], '2');
    clock.advance(2000);
    assert.equal((await bearer(TOKEN)).status, 200);
    assert.equal((await bearer('wrong')).status, 401);
    assert.equal((await bearer(TOKEN)).status, 200);
  });

  it('makes a guesser wait a minute in the end, but nobody who has a session', async () => {
    const cookie = pair(await session());
    const pauses: number[] = [];
    while (pauses.length < 8) {
      const { status, headers } = await bearer('wrong');
      if (status !== 429) continue;
      pauses.push(Number(headers['retry-after']));
      clock.advance(Number(headers['retry-after']) * 1000);
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert.equal((await bearer('wrong')).status, 401);
    assert.equal((await bearer(TOKEN)).status, 429);
    assert.equal((await call('GET', '/heartbeat', { cookie })).status, 200);
  });

  it('keeps nothing of the token for the log', async () => {
    await logIn('wrong');
    await bearer('wrong');
    assert.deepEqual(listening.errors, []);
  });
});
