import type { Direction } from '../../src/api/rest/node-parts.ts';
import { TestNode } from './nodes.ts';

interface ActionAnswer {
  readonly desc: string;
  readonly error?: { readonly code: string };
}

/** A daemon that an operator asks over its API. */
export class ControlledNode extends TestNode {
  pause = (direction: Direction, name: string) => this.#post(`${name}/pause?direction=${direction}`);
  resume = (direction: Direction, name: string) => this.#post(`${name}/resume?direction=${direction}`);
  cancel = (direction: Direction, name: string, body: object) =>
    this.#post(`${name}/cancel?direction=${direction}`, JSON.stringify(body));
  receive = (text: string) => this.#post('', text);

  /** Resolves with the answer. Throws the code of a refusal. */
  async #post(path: string, body = '{}'): Promise<ActionAnswer> {
    const url = `http://127.0.0.1:${this.apiPort}/api/v1/tasks${path === '' ? '' : '/'}${path}`;
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const answer = (await (await fetch(url, { method: 'POST', headers, body })).json()) as ActionAnswer;
    if (answer.error) throw new Error(answer.error.code);
    return answer;
  }
}
