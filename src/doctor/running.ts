import { createServer } from 'node:net';
import { once } from 'node:events';
import { BftError, ERRORS } from '../core/errors.ts';
import { parseListen } from '../core/listen.ts';
import { fault, type Finding, ok, warning } from './finding.ts';
import type { Site } from './site.ts';

/** The daemon runs, as this configuration has it, and is ready; or its address is free for it. */
export async function checkRunning(site: Site): Promise<Finding[]> {
  const { servertype, apilisten } = site.config;
  const running = await site.api('/api/v1/status');
  if (!running) return [await notRunning(apilisten)];
  if (running.status === 401 || running.status === 403 || running.status === 421)
    return [fault(`the daemon at ${apilisten} answers with HTTP status ${running.status}`, ERRORS.UNAUTHORISED.next)];
  const status = running.body as { servertype?: unknown; version?: unknown };
  if (typeof status?.version !== 'string')
    return [
      fault(`${apilisten} is taken by something else than bftv2`, 'Stop it, or give "apilisten" another address.'),
    ];
  if (status.servertype !== servertype)
    return [
      fault(
        `the daemon at ${apilisten} is a ${String(status.servertype)}, the configuration says ${servertype}`,
        RESTART,
      ),
    ];
  return [
    ok(`the daemon answers at ${apilisten}: a ${servertype}, version ${status.version}`),
    ...(await notReady(site)),
  ];
}

const RESTART = 'The role changes with a restart only: systemctl restart bftv2';

async function notRunning(apilisten: string): Promise<Finding> {
  const address = parseListen(apilisten, 'apilisten');
  if (!address) throw new BftError('CONFIG_INVALID', '"apilisten" must not be empty');
  const why = await whyNotFree(address);
  return why === undefined
    ? fault(
        `the daemon does not run: nothing answers at ${apilisten}`,
        'Start it: systemctl start bftv2 (journalctl -u bftv2 says why it ended)',
      )
    : fault(`nothing of bftv2 answers at ${apilisten}: ${why}`, ERRORS.LISTEN_FAILED.next);
}

/** Undefined when a daemon could listen there. */
async function whyNotFree({ host, port }: { host: string; port: number }): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    server.close();
  }
}

interface Ready {
  readonly reasons?: readonly { readonly desc: string; readonly next: string }[];
}

async function notReady(site: Site): Promise<Finding[]> {
  const answer = await site.api('/readyz');
  const { reasons = [] } = (answer?.body ?? {}) as Ready;
  const verdict = answer?.status === 503 ? fault : warning;
  return reasons.map(({ desc, next }) => verdict(desc, next));
}
