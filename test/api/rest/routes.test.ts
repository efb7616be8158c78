import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { operationId } from '../../../src/api/rest/describe.ts';
import type { RefusalPage } from '../../../src/api/rest/shapes.ts';
import { ROUTES } from '../../../src/api/rest/routes.ts';
import type { RawAnswer } from '../../raw-request.ts';
import { type Api, assertMatches, startApi } from '../harness.ts';
import { NAME, NotedControl, OneTask, reports } from './parts.ts';
import { REAL_EXAMPLE } from '../../task/examples.ts';

const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
const pathOf = (path: string) => path.replace(':name', NAME);

describe('api: routes of /api/v1', () => {
  const overview = new OneTask();
  const control = new NotedControl();
  let api: Api;
  before(async () => {
    const limit = async () => ({ down: 2_000_000, up: 0 });
    api = await startApi({ overview, control, reports, limit });
  });
  after(() => api.stop());
  beforeEach(() => control.told.splice(0));

  const assertRefused = ({ status, text }: RawAnswer, wanted: number, code: string, field?: string) => {
    const page = JSON.parse(text) as RefusalPage;
    assertMatches('RefusalPage', page);
    assert.deepEqual([status, page.error.code, page.error.field], [wanted, code, field], text);
    assert.equal(page.error.docs, `docs/ERRORS.md#${code.toLowerCase()}`);
    return page.error;
  };
  const act = (verb: string, body: unknown, query = '') =>
    api.post(`/api/v1/tasks/${NAME}/${verb}${query}`, typeof body === 'string' ? body : JSON.stringify(body));

  for (const route of ROUTES) {
    it(`${operationId(route)}: its examples are what its schemas describe`, () => {
      for (const { schema, example } of Object.values(route.answers))
        assert.ok(ajv.validate(schema, example), ajv.errorsText());
      if (route.body) assert.ok(ajv.validate(route.body.schema, route.body.example), ajv.errorsText());
      for (const shape of Object.values(route.query?.properties ?? {})) assert.ok('description' in shape);
    });

    if (route.path.endsWith('stream')) continue;
    it(`${operationId(route)}: answers as it says`, async () => {
      const body = route.takesTaskFile ? REAL_EXAMPLE : JSON.stringify(route.body?.example);
      const path = pathOf(route.path);
      const { status, text, headers } = await (route.verb === 'post' ? api.post(path, body) : api.send({ path }));
      assert.equal(status, 200, text);
      const [type = '', { schema } = {}] = Object.entries(route.answers)[0] ?? [];
      assert.ok(headers['content-type']?.startsWith(type), headers['content-type']);
      const answer: unknown = type === 'application/json' ? JSON.parse(text) : text;
      assert.ok(ajv.validate(schema as object, answer), ajv.errorsText());
    });
  }

  it('unknown paths, wrong verbs and unsafe names are refused in the same words', async () => {
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/none', `/api/v1/tasks/${NAME}/explode`])
      assertRefused(await api.send({ path }), 404, 'PATH_UNKNOWN');
    const answer = await api.send({ method: 'DELETE', path: '/api/v1/tasks' });
    assertRefused(answer, 405, 'HTTP_METHOD');
    assert.deepEqual(answer.headers.allow?.split(', ').toSorted(), ['GET', 'HEAD', 'POST']);
    for (const name of ['..%2fx.task.json', 'a%00.task.json', '%2e%2e', 'film', '.task.json'])
      assertRefused(await api.send({ path: `/api/v1/tasks/${name}` }), 400, 'NAME_UNSAFE');
    assert.ok((await api.send({ path: '/api/v1/tasks/%zz.task.json' })).status < 500);
    assertRefused(await api.send({ path: '/api/v1/tasks', headers: { host: 'evil.example' } }), 421, 'HOST_FOREIGN');
    assertRefused(await api.send({ path: '/api/v1/tasks/other.task.json' }), 404, 'TASK_UNKNOWN');
    assertRefused(await api.send({ path: '/api/v1/tasks/other.task.json/report' }), 404, 'REPORT_MISSING');
  });

  it('a query that is wrong is named', async () => {
    const ask = (query: string) => api.send({ path: `/api/v1/history?${query}` });
    for (const limit of ['0', '501', 'x', '1.5', '-1', '9'.repeat(30)])
      assertRefused(await ask(`limit=${limit}`), 400, 'QUERY_INVALID', 'limit');
    assertRefused(await ask('direction=up'), 400, 'QUERY_INVALID', 'direction');
    overview.asked.splice(0);
    await ask('limit=&before=');
    await ask('limit=500&before=x&direction=sent');
    assert.deepEqual(overview.asked, [{ limit: 100 }, { limit: 500, before: 'x', direction: 'sent' }]);
  });

  it('an action goes to the task that is meant, the received one where that is not said (BX-02)', async () => {
    await act('pause', '');
    await act('resume', {});
    await act('retry', {}, '?direction=sent');
    await act('cancel', { files: false }, '?direction=sent');
    assert.deepEqual(control.told, [
      ['pause', 'received', NAME],
      ['resume', 'received', NAME],
      ['retry', 'sent', NAME],
      ['cancel', 'sent', NAME, { files: false }],
    ]);
  });

  it('files go only with the name of their package', async () => {
    for (const confirm of [undefined, '', NAME, 'Film'])
      assertRefused(await act('cancel', { files: true, confirm }), 400, 'PARAMETER_INVALID', 'confirm');
    assert.deepEqual(control.told, []);
    assert.equal((await act('cancel', { files: true, confirm: 'film' })).status, 200);
    assert.deepEqual(control.told, [['cancel', 'received', NAME, { files: true }]]);
  });

  it('a body that is wrong says where', async () => {
    assertRefused(await act('limits', { down: -1 }), 400, 'PARAMETER_INVALID', 'down');
    assertRefused(await act('limits', { up: 'fast' }), 400, 'PARAMETER_INVALID', 'up');
    assertRefused(await act('cancel', { files: 'yes' }), 400, 'PARAMETER_INVALID', 'files');
    assertRefused(await act('cancel', '[]'), 400, 'BODY_NOT_JSON');
    const { line, column } = assertRefused(await act('cancel', '{\n  "files": yes\n}'), 400, 'BODY_NOT_JSON');
    assert.deepEqual([line, column], [2, 12]);
    assertRefused(await act('pause', `"${'x'.repeat(1024 * 1024)}"`), 413, 'BODY_TOO_LARGE');
    assert.deepEqual(control.told, []);
  });

  it('a report is JSON, or text for people', async () => {
    const { headers, text } = await api.send({ path: `/api/v1/tasks/${NAME}/report?format=text` });
    assert.deepEqual([headers['content-type'], text], ['text/plain; charset=utf-8', `Delivery report of ${NAME}\n`]);
    assertRefused(await api.send({ path: `/api/v1/tasks/${NAME}/report?format=xml` }), 400, 'QUERY_INVALID', 'format');
  });
});
