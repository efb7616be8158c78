import { randomUUID } from 'node:crypto';
import { NodeFailure } from '../failure.ts';
import { type Content, type Envelope, type NodeStatus, readEnvelope, readStatus } from './replies.ts';

/** `recv` may fetch torrents before it answers. */
const TIMEOUT_MS = 60_000;

/** Speaks the protocol of one node, as a TMS does. Every call ends when `signal` aborts, with its reason. */
export class NodeClient {
  readonly #base: string;
  readonly #name: string;
  readonly #signal: AbortSignal;

  constructor(name: string, apiPort: number, signal: AbortSignal) {
    this.#name = name;
    this.#base = `http://127.0.0.1:${apiPort}`;
    this.#signal = signal;
  }

  /** Whether the node lives. */
  async heartbeat(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#base}/heartbeat`, { signal: this.#limit() });
      await response.arrayBuffer();
      return response.ok;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof TypeError) return false; // fetch: nobody listens yet
      throw error;
    }
  }

  async status(): Promise<NodeStatus> {
    return readStatus(await this.#exchange('/api/v1/status', {}));
  }

  /** Asks, and throws a NodeFailure with the node's words when it refuses. */
  async order(method: string, params: Readonly<Record<string, string>>): Promise<Content> {
    const { return_status, return_content } = await this.ask(method, params);
    if (return_status === 'true') return return_content;
    const { desc = 'no reason given', code } = return_content;
    throw new NodeFailure(`${this.#name} refuses ${method}: ${desc}${code === undefined ? '' : ` (${code})`}`);
  }

  /** Asks; a refusal is an answer too. `cprogress` is a method of `/progress` (BE-05). */
  async ask(method: string, params: Readonly<Record<string, string>>): Promise<Envelope> {
    const body = JSON.stringify({
      message_id: randomUUID(),
      message_type: 'request',
      message_source: 'tms',
      method_name: method,
      method_params: params,
    });
    const path = method === 'cprogress' ? '/progress' : `/${method}`;
    const headers = { 'Content-Type': 'application/json' };
    return readEnvelope(await this.#exchange(path, { method: 'POST', headers, body }));
  }

  async #exchange(path: string, request: RequestInit): Promise<string> {
    try {
      const response = await fetch(`${this.#base}${path}`, { ...request, signal: this.#limit() });
      const text = await response.text();
      if (response.ok) return text;
      throw new NodeFailure(`${this.#name} answers ${path} with HTTP ${response.status}: ${text.slice(0, 300)}`);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof NodeFailure) throw error;
      throw new NodeFailure(`${this.#name} does not answer ${path}: ${reason(error)}`, { cause: error });
    }
  }

  #limit(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
