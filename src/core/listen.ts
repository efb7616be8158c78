import type { Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { BftError, errno } from './errors.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` or `[v6]:port`; '' is undefined. Throws CONFIG_INVALID. */
export function parseListen(text: string, key: string): ListenAddress | undefined {
  if (text === '') return undefined;
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:]+)):(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) throw new BftError('CONFIG_INVALID', `"${key}" ${JSON.stringify(text)} is not host:port`);
  return { host: match[1] ?? match[2] ?? '', port };
}

/** True for names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** Listens, and says which key of the configuration to change when it cannot. Resolves with the address taken. */
export async function listen(server: Server, { host, port }: ListenAddress, key: string): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((cause: unknown) => {
    const why = explain(cause, key);
    throw new BftError('LISTEN_FAILED', `cannot listen on ${host}:${port} ("${key}"): ${why}`, { cause });
  });
  return { host, port: (server.address() as AddressInfo).port };
}

/** Stops listening; running answers get a moment, then their connections are closed. */
export async function closeServer(server: Server, graceMs = 2000): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** The console of the original listens where ours does (T-001), and may still run. */
function explain(cause: unknown, key: string): string {
  const why = cause instanceof Error ? cause.message : String(cause);
  if (errno(cause) !== 'EADDRINUSE' || key !== 'consolelisten') return why;
  return `${why}; the ctcs of the original may still run there: stop it, or give "consolelisten" another address, or '' for no console`;
}
