import { Router } from '@koa/router';
import type { NodeApi } from './node.ts';

/** For what watches the daemon: /livez says that its event loop turns, /readyz whether it can take tasks, and why not. Neither wants a token. */
export function probeRouter(node: NodeApi): Router {
  const router = new Router();
  router.get('/livez', ctx => {
    ctx.type = 'text/plain';
    ctx.body = 'ok';
  });
  router.get('/readyz', async ctx => {
    const { reasons, warnings } = await node.operations.readiness();
    ctx.status = reasons.length === 0 ? 200 : 503;
    ctx.body = { ready: reasons.length === 0, reasons, warnings };
  });
  return router;
}
