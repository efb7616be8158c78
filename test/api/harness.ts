import type { DownloadView, MethodView, NodeApi } from '../../src/api/node.ts';
import { ApiServer } from '../../src/api/server.ts';
import { type Listening, startListening } from '../listening.ts';
import { type RawAnswer, type RawRequest, send } from '../raw-request.ts';

export const TASK = 'cfec-001-xiaofang.task.json';
const NOW = new Date(2021, 4, 28, 22, 32, 26).getTime();

/** The daemon as the API sees it, with the parts that a test gives. */
export function nodeWith(parts: Partial<NodeApi> = {}): NodeApi {
  return {
    serverType: 'sender',
    btPort: () => 6881,
    torrents: () => [],
    schedules: () => Promise.resolve([]),
    reload: () => Promise.resolve(),
    now: () => NOW,
    ...parts,
  };
}

export interface Envelope {
  readonly reqest_message_id: unknown;
  readonly request_message_id: unknown;
  readonly message_type: string;
  readonly method_name: string;
  readonly return_status: string;
  readonly return_content: Readonly<Record<string, unknown>>;
}

export interface Api extends Listening {
  /** One raw request. */
  send(request: RawRequest): Promise<RawAnswer>;
  /** A well-formed POST; throws unless it is answered with 200. */
  ask(path: string, method: string, params: unknown, id?: unknown): Promise<Envelope>;
  /** Posts a body as JSON, whatever it is. */
  post(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

export async function startApi(parts: Partial<NodeApi> = {}, token = ''): Promise<Api> {
  const address = { host: '127.0.0.1', port: 0 };
  const running = await startListening(log => new ApiServer({ node: nodeWith(parts), log }, { address, token }));
  const { port } = running;
  const authorization: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const post: Api['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
    });
  const ask: Api['ask'] = async (path, method, params, id = '321') => {
    const answer = await post(path, request(method, params, id));
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return envelope(answer);
  };
  return { ...running, send: raw => send(port, raw), ask, post };
}

/** A request as the documents have it (BE-01). */
export const request = (method: string, params: unknown, id: unknown = '321') =>
  JSON.stringify({
    message_id: id,
    message_type: 'request',
    message_source: 'tms',
    method_name: method,
    method_params: params,
  });

export const envelope = ({ text }: RawAnswer) => JSON.parse(text) as Envelope;

export const idle: MethodView = { state: 'none', bytes: 0, total: 0, rate: 0, wasted: 0, sources: {}, trouble: '' };

/** A download of the real output in the documents: everything was here already. */
export const download = (changes: Partial<DownloadView> = {}): DownloadView => ({
  path: `/data/receiver/downloading/${TASK}`,
  state: 'downloading',
  packagePath: '',
  error: undefined,
  size: 942_225_235,
  localSame: 0,
  isSeeding: false,
  methods: { bt: idle, obs: idle, cdn: idle },
  ...changes,
});
