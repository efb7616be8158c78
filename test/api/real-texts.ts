import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import type { TestNode } from '../e2e/nodes.ts';
import { answerText, assertMatches, type Envelope, request } from './harness.ts';

export const task = (name: string) => `cfec-001-${name}.task.json`;

/** `return_content` of an answer of a real node, to the byte; the answer is as the OpenAPI document says. */
export async function content(node: TestNode, path: string, method: string, params: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const body = request(method, params);
  const answer = await fetch(`http://127.0.0.1:${node.apiPort}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  const parsed = JSON.parse(text) as Envelope;
  assertMatches(parsed.return_status === 'true' ? `${method}Answer` : 'Refusal', parsed);
  assert.equal(text, answerText(method, parsed.return_status === 'true', parsed.return_content));
  return JSON.stringify(parsed.return_content);
}

export const refusal = (desc: string, code: string) => JSON.stringify({ desc, code });
export const done = (desc: string) => JSON.stringify({ desc });

/** Runs `work` while something else stands at a path. */
export const inPlaceOf = async (path: string, put: (path: string) => Promise<unknown>, work: () => Promise<void>) => {
  await rename(path, `${path}.away`);
  await put(path);
  try {
    await work();
  } finally {
    await rm(path, { recursive: true });
    await rename(`${path}.away`, path);
  }
};
