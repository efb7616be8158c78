import { type TObject, Type } from 'typebox';
import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import { taskFileSchema } from '../../task/task-file.ts';
import { restStatus } from './refusal.ts';
import type { Route } from './route.ts';

/** What any call may get. */
const OF_ALL: readonly ErrorCode[] = ['UNAUTHORISED', 'TOO_MANY_TRIES', 'ORIGIN_FOREIGN', 'HOST_FOREIGN', 'INTERNAL'];

const NAME = {
  name: 'name',
  in: 'path',
  required: true,
  description: 'name of the task file: `<basesubdir>-<package>.task.json`',
  schema: { type: 'string' },
};

/** The routes as paths of OpenAPI 3.1. */
export function routePaths(routes: readonly Route[]): Record<string, object> {
  const paths = Map.groupBy(routes, ({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
  return Object.fromEntries(
    [...paths].map(([path, group]) => [path, Object.fromEntries(group.map(route => [route.verb, operation(route)]))]),
  );
}

export const operationId = ({ verb, path }: Route): string =>
  `${verb}-${path.slice('/api/v1/'.length).replaceAll(/[/.]/g, '-').replaceAll(':', '')}`;

function operation(route: Route): object {
  const parameters = [...(route.path.includes(':name') ? [NAME] : []), ...queryParameters(route.query)];
  const body = requestBody(route);
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: {
      200: { description: 'the answer', content: route.answers },
      ...refusals([...(route.refusals ?? []), ...OF_ALL]),
    },
  };
}

function queryParameters({ properties }: TObject = Type.Object({})): object[] {
  return Object.entries(properties as Record<string, { description?: string }>).map(
    ([name, { description, ...schema }]) => ({ name, in: 'query', required: false, description, schema }),
  );
}

function requestBody({ body, takesTaskFile = false }: Route): object | undefined {
  if (takesTaskFile) return { required: true, content: { 'application/json': { schema: taskFileSchema } } };
  return body && { required: Object.keys(body.schema.properties).length > 0, content: { 'application/json': body } };
}

/** By status, in the words of /api/v1. */
export function refusals(codes: readonly ErrorCode[]): Record<string, object> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/RefusalPage' } } };
  return Object.fromEntries(
    [...Map.groupBy(codes, restStatus)].map(([status, group]) => [
      status,
      { description: group.map(code => `${code}: ${ERRORS[code].next}`).join(' '), content },
    ]),
  );
}
