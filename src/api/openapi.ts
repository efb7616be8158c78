import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { SESSION_COOKIE } from './access.ts';
import { type ApiMethod, mandatory, type MethodDescription } from './method.ts';
import { OPEN_PATHS } from './open-paths.ts';
import type { ApiRead } from './reads.ts';
import { routePaths } from './rest/describe.ts';
import type { Route } from './rest/route.ts';
import { refusalPage } from './rest/shapes.ts';
import { VERSION } from './version.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object, more: object = {}) => ({ 'application/json': { schema, ...more } });

/** What the protocol does not know, with the HTTP status it gets (decision 3); every other refusal is HTTP 200 (decision 2, BE-06). */
const READ_REFUSALS: readonly ErrorCode[] = [
  'UNAUTHORISED',
  'TOO_MANY_TRIES',
  'ORIGIN_FOREIGN',
  'HOST_FOREIGN',
  'INTERNAL',
];
export const HTTP_REFUSALS: readonly ErrorCode[] = [
  'BODY_NOT_JSON',
  'PATH_UNKNOWN',
  'HTTP_METHOD',
  'BODY_TOO_LARGE',
  'BODY_TOO_SLOW',
  'CONTENT_TYPE',
  ...READ_REFUSALS,
];
const OF_OTHERS: readonly ErrorCode[] = ['PATH_UNKNOWN', 'HTTP_METHOD'];
const POST_REFUSALS = HTTP_REFUSALS.filter(code => !OF_OTHERS.includes(code));

/** The API as OpenAPI 3.1, made from the schemas that check the parameters. */
export function openApi(methods: readonly ApiMethod[], reads: readonly ApiRead[], routes: readonly Route[]): object {
  const posts = [...Map.groupBy(methods, method => method.path)].map(([path, group]) => [path, { post: post(group) }]);
  const gets = reads.map(read => [read.path, { get: get(read) }]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'bftv2',
      version: VERSION,
      summary: 'Moves film packages to cinemas over BitTorrent, object storage and CDN at once',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:8191' }],
    security: [{}, { token: [] }, { session: [] }],
    paths: { ...(Object.fromEntries([...posts, ...gets]) as object), ...routePaths(routes), ...OPEN_PATHS },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: '`apitoken` of the configuration, else `<statepath>/token`',
        },
        session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE, description: 'of POST /api/v1/session' },
      },
      responses: Object.fromEntries(HTTP_REFUSALS.map(code => [code, response(code)])),
      schemas: {
        ...Object.fromEntries(methods.flatMap(method => [request(method), answer(method)])),
        Refusal: envelope('false', { $ref: '#/components/schemas/RefusalContent' }),
        RefusalContent: refusalContent,
        RefusalPage: refusalPage,
        ErrorCode: errorCode(),
      },
    },
  };
}

function post(group: readonly ApiMethod[]) {
  const examples = group.map(({ name, example }) => [
    name,
    { value: { message_id: '1', method_name: name, method_params: example } },
  ]);
  return {
    operationId: group[0]?.path.slice(1),
    summary: group.map(({ summary }) => summary).join(' '),
    description: group.flatMap(({ told }) => told.map(({ text, rule }) => `- \`${text}\` (${rule})`)).join('\n'),
    requestBody: {
      required: true,
      content: json(
        { oneOf: group.map(({ name }) => ref(`${name}Request`)) },
        { examples: Object.fromEntries(examples) as object },
      ),
    },
    responses: {
      200: {
        description: 'the answer, or a refusal that the protocol knows',
        content: json({ oneOf: [...group.map(({ name }) => ref(`${name}Answer`)), ref('Refusal')] }),
      },
      ...refusals(POST_REFUSALS),
    },
  };
}

function get({ path, type, summary, example }: ApiRead) {
  const [media = type] = type.split(';');
  return {
    operationId: path.slice(1),
    summary,
    responses: {
      200: { description: 'the answer', content: { [media]: { schema: { type: 'string' }, example } } },
      ...refusals(READ_REFUSALS),
    },
  };
}

/** BE-01. */
function request({ name, params }: MethodDescription): [string, object] {
  const schema = {
    type: 'object',
    required: ['method_name', 'method_params'],
    properties: {
      message_id: { type: ['string', 'number', 'boolean'], description: 'comes back with the answer' },
      message_type: { const: 'request' },
      message_source: { type: 'string' },
      method_name: { const: name },
      method_params: { ...params, required: mandatory(params) },
    },
  };
  return [`${name}Request`, schema];
}

function answer({ name, content }: MethodDescription): [string, object] {
  return [`${name}Answer`, envelope('true', { ...content, additionalProperties: false }, name)];
}

/** BE-02, BE-03. */
function envelope(status: 'true' | 'false', content: object, name?: string) {
  const id = { type: ['string', 'number', 'boolean'], description: 'the message_id, in both spellings' };
  const properties = {
    reqest_message_id: id,
    request_message_id: id,
    message_type: { const: 'response' },
    method_name: name === undefined ? { type: 'string' } : { const: name },
    return_status: { const: status },
    return_content: content,
  };
  return { type: 'object', required: Object.keys(properties), properties, additionalProperties: false };
}

const refusalContent = {
  type: 'object',
  required: ['desc'],
  properties: {
    desc: { type: 'string', description: 'why, in the words of the protocol' },
    code: { $ref: '#/components/schemas/ErrorCode' },
  },
};

function errorCode() {
  const codes = Object.entries(ERRORS).map(([code, { status, next }]) => ({
    const: code,
    description: `HTTP status ${status} where the protocol knows no refusal. ${next}`,
  }));
  return { type: 'string', oneOf: codes };
}

function response(code: ErrorCode) {
  return { description: `${code}: ${ERRORS[code].next}`, content: json(ref('Refusal')) };
}

const refusals = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(codes.map(code => [ERRORS[code].status, { $ref: `#/components/responses/${code}` }]));
