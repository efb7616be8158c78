import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { NodeClient } from '../../src/demo/node/client.ts';
import { NodePlace } from '../../src/demo/node/config.ts';
import type { DemoNode } from '../../src/demo/node/node.ts';
import { never } from './scratch.ts';

export interface Order {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What the node says to a method, one answer after the other; the last one for ever. `false`: a refusal. */
export type Script = Readonly<Record<string, readonly (readonly [status: boolean, content: object])[]>>;

/** A node whose daemon is a script behind a real HTTP server. Keeps the orders that it got. */
export class ScriptedNode {
  readonly orders: Order[] = [];
  readonly node: DemoNode;
  readonly #server: Server;

  private constructor(server: Server, node: DemoNode) {
    this.#server = server;
    this.node = node;
  }

  static async start(name: string, root: string, script: Script): Promise<ScriptedNode> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const place = new NodePlace(root);
    for (const directory of place.directories) await mkdir(directory, { recursive: true });
    await writeFile(place.logFile, 'the last line of its log\n');
    const client = new NodeClient(name, (server.address() as AddressInfo).port, never);
    const scripted = new ScriptedNode(server, { name, place, client, btPort: 1, consoleUrl: '' });
    server.on('request', (request, response) => {
      void json(request).then(body => response.end(scripted.#answer(body, script)));
    });
    return scripted;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(body: unknown, script: Script): string {
    const { method_name, method_params } = body as { method_name: string; method_params: Record<string, string> };
    const answers = script[method_name] ?? [[false, { desc: `unknown method: ${method_name}` }] as const];
    const before = this.orders.filter(({ method }) => method === method_name).length;
    this.orders.push({ method: method_name, params: method_params });
    const [ok, return_content] = answers[Math.min(before, answers.length - 1)] ?? [false, {}];
    return JSON.stringify({ return_status: String(ok), return_content });
  }
}
