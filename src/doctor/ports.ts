import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config/schema.ts';
import { errno, ERRORS } from '../core/errors.ts';
import { type ListenAddress, parseListen } from '../core/listen.ts';
import { fault, type Finding } from './finding.ts';

const KEYS = ['consolelisten', 'originlisten', 'trackerlisten'] as const;

/** The addresses at which a daemon that does not run could not listen, beside that of its API. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const listeners = [
    ...KEYS.map(key => ({ key, address: parseListen(config[key], key) })),
    { key: 'btport', address: { host: '0.0.0.0', port: config.btport } },
  ];
  const findings = listeners.map(async ({ key, address }): Promise<Finding[]> => {
    const why = address && (await whyNotFree(address));
    return why === undefined
      ? []
      : [
          fault(
            `the daemon could not listen at ${key} ${address?.host}:${address?.port}: ${why}`,
            ERRORS.LISTEN_FAILED.next,
          ),
        ];
  });
  return (await Promise.all(findings)).flat();
}

/** Undefined when a daemon could listen there, or this user may not try: the service may have more rights. */
export async function whyNotFree({ host, port }: ListenAddress): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    if (errno(error) === 'EACCES') return undefined;
    return error instanceof Error ? error.message : String(error);
  } finally {
    server.close();
  }
}
