import { Router } from '@koa/router';
import type { Context } from 'koa';
import { asBftError, BftError } from '../core/errors.ts';
import { formatLocalTime } from '../core/units.ts';
import { readEnvelope, type Request, refusal, writeEnvelope } from './envelope.ts';
import { readBody } from './guard.ts';
import type { ApiMethod } from './method.ts';
import { cancel } from './methods/cancel.ts';
import { cprogress } from './methods/cprogress.ts';
import { gentask } from './methods/gentask.ts';
import { progress } from './methods/progress.ts';
import { recv } from './methods/recv.ts';
import { send } from './methods/send.ts';
import { taskfilesquery } from './methods/taskfilesquery.ts';
import { uploadprogress } from './methods/uploadprogress.ts';
import type { NodeApi } from './node.ts';
import { VERSION } from './version.ts';

const METHODS: readonly ApiMethod[] = [
  send,
  recv,
  uploadprogress,
  progress,
  cprogress,
  gentask,
  taskfilesquery,
  cancel,
];

/** Version of the protocol, as the original answers it (decision 7). */
const PROTOCOL_VERSION = '2.001';

/** All paths of the API. `onDefect` gets what must not happen. */
export function createRouter(node: NodeApi, onDefect: (error: BftError) => void): Router {
  const router = new Router();
  for (const path of new Set(METHODS.map(method => method.path))) {
    const methods = METHODS.filter(method => method.path === path);
    router.post(path, async ctx => {
      const request = readEnvelope(await readBody(ctx));
      ctx.body = writeEnvelope(request, await run(methods, node, request, onDefect));
    });
  }
  addPlain(router, node);
  return router;
}

async function run(
  methods: readonly ApiMethod[],
  node: NodeApi,
  request: Request,
  onDefect: (error: BftError) => void,
) {
  try {
    const method = methods.find(({ names }) => names.includes(request.method));
    if (!method) throw new BftError('METHOD_UNKNOWN', `unknown method: ${request.method}`);
    if (request.params === undefined) throw new BftError('PARAMETER_MISSING', 'missing parameter: method_params');
    return await method.run(node, request.params);
  } catch (cause) {
    const error = asBftError(cause, 'INTERNAL', `${request.method} failed`);
    if (error.code === 'INTERNAL') onDefect(error);
    return refusal(error);
  }
}

/** GET tools (BA-03 … BA-05): plain text, the first two in literal quotes. */
function addPlain(router: Router, node: NodeApi): void {
  const plain = (path: string, answer: (ctx: Context) => Promise<string> | string) =>
    router.get(path, async ctx => {
      ctx.type = 'text/plain';
      ctx.body = await answer(ctx);
    });
  plain('/heartbeat', () => `"${formatLocalTime(node.now())} is living."`);
  plain('/version', () => PROTOCOL_VERSION);
  plain('/reloadconf', async () => {
    try {
      await node.reload();
      return '"reload config.json ok."';
    } catch (error) {
      return `"${asBftError(error, 'CONFIG_INVALID', 'config.json').message}"`;
    }
  });
  router.get('/api/v1/status', ctx => {
    ctx.body = { version: VERSION, protocol: PROTOCOL_VERSION, servertype: node.serverType, btport: node.btPort() };
  });
}
