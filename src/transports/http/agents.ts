import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BftError } from '../../core/errors.ts';
import { BulkReader } from './bulk-reader.ts';

/** A connection that nobody uses is closed soon: when a window has closed, not even its end is to be on the line. */
const UNUSED_MS = 1000;
const OPTIONS = { keepAlive: true, maxFreeSockets: 16 };

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Says which addresses of the network are not public. */
export type IsPrivate = (address: string) => boolean;

/** Connections that are kept and reused, the plain ones read in large blocks; certificates are verified, whatever the environment says (hostile input 4). */
export function makeAgents(lookup: LookupFunction = lookUp): Agents {
  const https = { ...OPTIONS, lookup, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  return { http: new BulkAgent({ ...OPTIONS, lookup }), https: new TlsAgent(https) };
}

/** Agents whose connections all lead to public addresses: the name is resolved once, and what is connected to is what was checked (hostile input 11). */
export function makePublicAgents(isPrivate: IsPrivate, lookup: LookupFunction = lookUp): Agents {
  return makeAgents((host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '');
      const open = (found as LookupAddress[]).filter(({ address }) => !isPrivate(address));
      const [first] = open;
      if (!first) return callback(refusePrivate(host), '');
      if (options.all) callback(null, open);
      else callback(null, first.address, first.family);
    });
  });
}

/** An address that needs no look-up is not seen by the agents. */
export function refusePrivateLiteral({ hostname }: URL, isPrivate: IsPrivate): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) && isPrivate(address)) throw refusePrivate(hostname);
}

function refusePrivate(host: string): BftError {
  return new BftError('ADDRESS_REFUSED', `a public host redirects to ${host}, whose address is private; not followed`, {
    permanent: false,
  });
}

/** Not the agents' own `timeout`: that would also count while a connection is being made. */
function closeUnused(kept: Duplex, isKept: boolean): boolean {
  if (isKept) (kept as Socket).setTimeout(UNUSED_MS);
  return isKept;
}

class TlsAgent extends HttpsAgent {
  override keepSocketAlive(socket: Duplex): boolean {
    return closeUnused(socket, super.keepSocketAlive(socket) as unknown as boolean);
  }
}

class BulkAgent extends HttpAgent {
  override keepSocketAlive(socket: Duplex): boolean {
    return closeUnused(socket, super.keepSocketAlive(socket) as unknown as boolean);
  }

  override createConnection(
    ...[options, callback]: Parameters<HttpAgent['createConnection']>
  ): Duplex | null | undefined {
    const reader = new BulkReader();
    const socket = super.createConnection({ ...options, onread: reader.onread } as typeof options, callback);
    reader.attach(socket as Socket);
    return socket;
  }
}
