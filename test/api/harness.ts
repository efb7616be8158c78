import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DownloadView, MethodView, NodeApi } from '../../src/api/node.ts';
import { BftError } from '../../src/core/errors.ts';
import { openApi } from '../../src/api/openapi.ts';
import { METHODS } from '../../src/api/protocol.ts';
import { READS } from '../../src/api/reads.ts';
import { LiveStreams } from '../../src/api/rest/live-streams.ts';
import { ROUTES } from '../../src/api/rest/routes.ts';
import { ApiServer } from '../../src/api/server.ts';
import { clockTicks } from '../../src/core/ticks.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Listening, startListening } from '../listening.ts';
import { type RawAnswer, type RawRequest, send } from '../raw-request.ts';

export const TASK = 'cfec-001-xiaofang.task.json';
const NOW = new Date(2021, 4, 28, 22, 32, 26).getTime();

const unknown = () => Promise.reject(new BftError('TASK_UNKNOWN', 'unknown task, not found task.'));
const nothingToSee: NodeApi['overview'] = {
  summary: unknown,
  tasks: () => Promise.resolve([]),
  task: unknown,
  history: () => Promise.resolve({ entries: [], next: null }),
  historyRows: async function* () {},
  others: () => Promise.resolve([]),
};
const NOTHING = { bt: 0, obs: 0, cdn: 0 };

/** The daemon as the API sees it, with the parts that a test gives. */
export function nodeWith(parts: Partial<NodeApi> = {}): NodeApi {
  return {
    serverType: 'sender',
    btPort: () => 6881,
    torrents: () => [],
    schedules: () => Promise.resolve([]),
    ownTimetables: () => ({}),
    taskCounts: () => Promise.resolve([]),
    events: () => [],
    reports: { report: () => Promise.resolve(undefined) },
    reload: () => Promise.resolve(),
    limit: unknown,
    operations: {
      readiness: () => Promise.resolve({ reasons: [], warnings: [] }),
      totals: () => ({ received: NOTHING, sent: NOTHING, hashFailures: NOTHING }),
      oldestQueued: () => Promise.resolve([]),
      diskFree: () => Promise.resolve([]),
    },
    now: () => NOW,
    control: {
      pause: unknown,
      resume: unknown,
      retry: unknown,
      cancel: unknown,
      isPaused: () => false,
      receive: unknown,
    },
    config: () => ({ file: '/etc/bft2/config.json', keys: [] }),
    overview: nothingToSee,
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
  /** A well-formed POST; throws unless it is answered with 200, as the OpenAPI document says. */
  ask(path: string, method: string, params: unknown, id?: unknown): Promise<Envelope>;
  /** The same, to the byte. */
  text(path: string, method: string, params: unknown): Promise<string>;
  /** Posts a body as JSON, whatever it is. */
  post(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

export const liveStreams = (ticks = clockTicks(systemClock)) =>
  new LiveStreams({ ticks, onDefect: error => assert.fail(error) });

export async function startApi(parts: Partial<NodeApi> = {}, token = '', streams = liveStreams()): Promise<Api> {
  const address = { host: '127.0.0.1', port: 0 };
  const running = await startListening(
    log => new ApiServer({ node: nodeWith(parts), streams, log }, { address, token }),
  );
  const { port } = running;
  const authorization: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const post: Api['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
    });
  const answered = async (path: string, body: string) => {
    const answer = await post(path, body);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    assertDescribed(envelope(answer));
    return answer;
  };
  const ask: Api['ask'] = async (path, method, params, id = '321') =>
    envelope(await answered(path, request(method, params, id)));
  const text: Api['text'] = async (path, method, params) => (await answered(path, request(method, params))).text;
  return { ...running, send: raw => send(port, raw), ask, text, post };
}

export const document = JSON.parse(JSON.stringify(openApi(METHODS, READS, ROUTES))) as {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};
const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
ajv.addSchema(document, 'openapi');

/** Holds a value against a schema of the OpenAPI document. */
export function assertMatches(name: string, value: unknown): void {
  const isValid = ajv.validate(`openapi#/components/schemas/${name}`, value);
  assert.ok(isValid, `${name}: ${ajv.errorsText(ajv.errors)}\n${JSON.stringify(value)}`);
}

const assertDescribed = (body: Envelope) =>
  assertMatches(body.return_status === 'true' ? `${body.method_name}Answer` : 'Refusal', body);

/** The body of an answer, to the byte (BE-02, BE-03). */
export const answerText = (method: string, status: boolean, content: object) =>
  `{"reqest_message_id":"321","request_message_id":"321","message_type":"response","method_name":"${method}","return_status":"${status}","return_content":${JSON.stringify(content)}}`;

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

export const idle: MethodView = {
  state: 'none',
  bytes: 0,
  total: 0,
  rate: 0,
  wasted: 0,
  sources: {},
  wastedby: {},
  trouble: '',
};

/** A download of the real output in the documents: everything was here already. */
export const download = (changes: Partial<DownloadView> = {}): DownloadView => ({
  path: `/data/receiver/downloading/${TASK}`,
  state: 'downloading',
  packagePath: '',
  error: undefined,
  size: 942_225_235,
  localSame: 0,
  isSeeding: false,
  isPaused: false,
  deadline: '',
  forecast: undefined,
  isAtRisk: false,
  waits: '',
  methods: { bt: idle, obs: idle, cdn: idle },
  ...changes,
});
