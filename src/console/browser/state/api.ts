import type { RefusalPage } from '../../../api/rest/shapes.ts';
import { words } from '../text/language.ts';
import { needToken } from './session.ts';

const PATIENCE_MS = 15_000;

/** What the daemon refused, or that it did not answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly page: RefusalPage['error'];

  constructor(status: number, page: RefusalPage['error']) {
    super(page.desc);
    this.name = 'Refusal';
    this.status = status;
    this.page = page;
  }
}

/** Reads a page of the API. Throws Refusal. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, signal ? { signal } : {});
  return (await answer.json().catch(() => refuse(odd(answer.status), answer.status))) as T;
}

/** `body`: an object, or text that is JSON already. Throws Refusal. */
export async function send(method: 'POST' | 'DELETE', path: string, body: object | string = {}): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await ask(path, { method, headers, ...(method === 'POST' ? { body: text } : {}) });
  return await answer.json().catch(() => undefined);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const tooLong = AbortSignal.timeout(PATIENCE_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, tooLong]) : tooLong;
  const answer = await fetch(path, { ...init, signal, cache: 'no-store' }).catch(() => refuse(unreachable(), 0));
  if (answer.ok) return answer;
  const page = (await answer.json().catch(() => undefined)) as RefusalPage | undefined;
  if (answer.status === 401 && path !== '/api/v1/session') needToken();
  return refuse(page?.error ?? odd(answer.status), answer.status);
}

function refuse(page: RefusalPage['error'], status: number): never {
  throw new Refusal(status, page);
}

const unreachable = () => ({
  code: '',
  desc: words.value.unreachable,
  next: words.value.unreachableNext,
  docs: '',
});

const odd = (status: number) => ({
  code: '',
  desc: words.value.oddAnswer(status),
  next: words.value.oddNext,
  docs: '',
});
