import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { apiPage } from '../../src/api/document.ts';
import { mandatory } from '../../src/api/method.ts';
import { METHODS } from '../../src/api/protocol.ts';
import { READS } from '../../src/api/reads.ts';
import { isRestPath } from '../../src/api/rest/refusal.ts';
import { ROUTES } from '../../src/api/rest/routes.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { type Api, assertMatches, document, request, startApi } from './harness.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly required: boolean };
}
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>).map(([verb, operation]) => ({ path, verb, ...operation })),
);

/** Every `$ref` in a value. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refs(inner)));
}

describe('api: OpenAPI', () => {
  let api: Api;
  before(async () => {
    api = await startApi();
  });
  after(() => api.stop());

  it('GET /api/v1/openapi.json gives the document', async () => {
    const { status, headers, text } = await api.send({ path: '/api/v1/openapi.json' });
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^application\/json/);
    assert.deepEqual(JSON.parse(text), document);
  });

  it('has the shape of OpenAPI 3.1', () => {
    const { openapi, info } = document as unknown as { openapi: string; info: { title: string; version: string } };
    assert.equal(openapi, '3.1.0');
    assert.deepEqual([typeof info.title, typeof info.version], ['string', 'string']);
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length, ids.join());
    for (const { path, verb, summary, responses, requestBody } of operations) {
      assert.match(path, /^\//);
      assert.ok(summary.length > 0 && (responses['200'] ?? responses['204']) !== undefined, path);
      assert.equal(requestBody !== undefined, verb === 'post', path);
    }
  });

  it('has every path with its verb, and none that is not there', async () => {
    const wanted = [
      ...METHODS.map(({ path }) => `post ${path}`),
      ...READS.map(({ path }) => `get ${path}`),
      ...ROUTES.map(({ verb, path }) => `${verb} ${path.replace(':name', '{name}')}`),
      'get /livez',
      'get /readyz',
      'get /api/v1/openapi.json',
      ...['get', 'post', 'delete'].map(verb => `${verb} /api/v1/session`),
    ];
    assert.deepEqual(new Set(operations.map(({ path, verb }) => `${verb} ${path}`)), new Set(wanted));
    for (const { path, verb } of operations.filter(operation => !isRestPath(operation.path))) {
      const { status } = await (verb === 'post' ? api.post(path, '{}') : api.send({ path }));
      assert.equal(status, 200, `${verb} ${path}`);
    }
  });

  it('says of what wants no token that it wants none, and what it answers', async () => {
    const guarded = await startApi({}, 'a-token');
    for (const { path, verb, responses } of operations.filter(({ security }) => security?.length === 0)) {
      const headers = { 'content-type': 'application/json' };
      const body = verb === 'post' ? { body: '{"token":"a-token"}' } : {};
      const { status, text } = await guarded.send({ method: verb.toUpperCase(), path, headers, ...body });
      const { content } = responses[status] as { content?: Record<string, { schema: object }> };
      const schema = content?.['application/json']?.schema;
      if (schema)
        assert.ok(
          new Ajv2020({ strict: false }).validate({ ...schema, additionalProperties: false }, JSON.parse(text)),
          text,
        );
    }
    const open = operations.filter(({ security }) => security !== undefined).map(({ path }) => path);
    assert.deepEqual(new Set(open), new Set(['/livez', '/readyz', '/api/v1/session']));
    assert.equal((await guarded.send({ path: '/api/v1/openapi.json' })).status, 401);
    await guarded.stop();
  });

  it('refers to nothing that is not in it', () => {
    const all = refs(document);
    assert.ok(all.length > 20);
    for (const ref of all) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      assert.ok(found, ref);
    }
  });

  it('has the error codes with their statuses', () => {
    const { oneOf } = document.components.schemas.ErrorCode as { oneOf: { const: string; description: string }[] };
    assert.deepEqual(
      oneOf.map(code => [code.const, Number(/\d{3}/.exec(code.description)?.[0])]),
      Object.entries(ERRORS).map(([code, { status }]) => [code, status]),
    );
  });

  for (const method of METHODS) {
    const body = (params: unknown) => JSON.parse(request(method.name, params)) as unknown;
    it(`${method.name}: its example is a request, without a parameter that must be given it is none`, () => {
      assertMatches(`${method.name}Request`, body(method.example));
      for (const key of mandatory(method.params))
        assert.throws(() => assertMatches(`${method.name}Request`, body({ ...method.example, [key]: undefined })), key);
      assert.throws(() => assertMatches(`${method.name}Request`, { method_name: 'nonsense', method_params: {} }));
    });

    it(`${method.name}: every parameter and every field of its answer says what it means`, () => {
      const described = { ...method.params.properties, ...method.content.properties } as Record<string, object>;
      for (const [key, schema] of Object.entries(described)) assert.ok('description' in schema, key);
      assert.ok(method.told.length > 0);
      for (const { rule } of method.told) assert.match(rule, /^[BC][A-Z]-\d\d$/);
    });
  }

  it('docs/API.md is what the methods say (npm run docs)', async () => {
    assert.equal(await readFile(new URL('../../docs/API.md', import.meta.url), 'utf8'), apiPage());
  });

  it('docs/API.md has every method, parameter, field, text and tool', async () => {
    const page = apiPage();
    for (const { name, params, content, told, path } of METHODS) {
      const section = page.split(`### ${name}\n`)[1]?.split(/^#/m)[0] ?? '';
      const keys = [
        ...Object.keys(params.properties),
        ...Object.keys(content.properties).filter(key => key !== 'desc'),
      ];
      for (const key of keys) assert.ok(section.includes(`| \`${key}\` |`), `${name} ${key}`);
      for (const { text } of told) assert.ok(section.includes(text === '' ? 'empty' : `\`${text}\``), text);
      assert.match(section, new RegExp(`curl .*${path}\n`));
    }
    for (const { path } of READS) assert.ok(page.includes(`curl http://127.0.0.1:8191${path}\n`), path);
  });
});
