import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import { parseListen } from '../core/listen.ts';
import { redact } from '../config/load.ts';
import { fault, type Finding, ok, warning } from './finding.ts';
import { checkPorts, whyNotFree } from './ports.ts';
import type { Site } from './site.ts';

/** The daemon runs, as this configuration has it, and is ready; or its addresses are free for it. */
export async function checkRunning(site: Site): Promise<Finding[]> {
  const { servertype, apilisten } = site.config;
  const running = await site.api('/api/v1/status');
  if (!running) return await notRunning(site.config);
  if (running.status === 401 || running.status === 403 || running.status === 421)
    return [fault(`the daemon at ${apilisten} answers with HTTP status ${running.status}`, MAY_READ)];
  const status = running.body as { servertype?: unknown; version?: unknown } | undefined;
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
    ...(await otherwiseConfigured(site)),
    ...(await notReady(site)),
  ];
}

const RESTART = 'The role changes with a restart only: systemctl restart bftv2';
const MAY_READ = 'Run doctor as root: it gives the token of apitoken or statepath, where this user may read it.';

async function notRunning(config: Config): Promise<Finding[]> {
  const address = parseListen(config.apilisten, 'apilisten');
  const why = address && (await whyNotFree(address));
  if (why !== undefined)
    return [
      fault(
        `nothing of bftv2 answers at ${config.apilisten}: ${why}`,
        'If the daemon has that address, it hangs: systemctl restart bftv2. Else free the address, or give "apilisten" another one.',
      ),
    ];
  const next = 'Start it: systemctl start bftv2 (journalctl -u bftv2 says why it ended)';
  return [
    fault(`the daemon does not run: nothing answers at ${config.apilisten}`, next),
    ...(await checkPorts(config)),
  ];
}

interface InForce {
  readonly keys?: readonly { readonly key: string; readonly value: unknown }[];
}

/** What was changed in the file after the daemon read it has no effect yet. Secrets cannot be compared. */
async function otherwiseConfigured(site: Site): Promise<Finding[]> {
  const answer = await site.api('/api/v1/config');
  const { keys = [] } = (answer?.body ?? {}) as InForce;
  const wanted = redact(site.config);
  const other = keys.filter(({ key, value }) => key in wanted && !isDeepStrictEqual(value, wanted[key]));
  if (other.length === 0) return [];
  const text = `the running daemon has another ${other.map(({ key }) => key).join(', ')} than the configuration`;
  return [warning(text, 'systemctl reload bftv2, or for paths, addresses and ports systemctl restart bftv2')];
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
