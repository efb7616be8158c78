import { Router } from '@koa/router';
import { asBftError, BftError } from '../core/errors.ts';
import { readBody } from './body.ts';
import { readEnvelope, type Request, refusal, writeEnvelope } from './envelope.ts';
import type { ApiMethod } from './method.ts';
import type { NodeApi } from './node.ts';
import { openApi } from './openapi.ts';
import { METHODS } from './protocol.ts';
import { READS } from './reads.ts';
import type { LiveStreams } from './rest/live-streams.ts';
import { ROUTES } from './rest/routes.ts';

/** All paths of the API. `onDefect` gets what must not happen. */
export function createRouter(node: NodeApi, streams: LiveStreams, onDefect: (error: BftError) => void): Router {
  const router = new Router();
  for (const [path, methods] of Map.groupBy(METHODS, method => method.path)) {
    router.post(path, async ctx => {
      const request = readEnvelope(await readBody(ctx));
      ctx.body = writeEnvelope(request, await run(methods, node, request, onDefect));
    });
  }
  for (const read of READS) {
    router.get(read.path, async ctx => {
      ctx.type = read.type;
      ctx.body = await read.answer(node);
    });
  }
  for (const route of ROUTES) router[route.verb](route.path, ctx => route.run(node, streams, ctx));
  router.get('/api/v1/openapi.json', ctx => {
    ctx.body = openApi(METHODS, READS, ROUTES);
  });
  return router;
}

async function run(
  methods: readonly ApiMethod[],
  node: NodeApi,
  request: Request,
  onDefect: (error: BftError) => void,
) {
  try {
    const method = methods.find(({ name }) => name === request.method);
    if (!method) throw new BftError('METHOD_UNKNOWN', `unknown method: ${request.method}`);
    if (request.params === undefined) throw new BftError('PARAMETER_MISSING', 'missing parameter: method_params');
    return await method.run(node, request.params);
  } catch (cause) {
    const error = asBftError(cause, 'INTERNAL', `${request.method} failed`);
    if (error.code === 'INTERNAL') onDefect(error);
    return refusal(error);
  }
}
