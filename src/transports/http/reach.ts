import type { LookupFunction } from 'node:net';
import { BftError } from '../../core/errors.ts';
import { shownUrl } from '../../core/shown-url.ts';
import { type Agents, type IsPrivate, makeAgents, makePublicAgents, refusePrivateLiteral } from './agents.ts';
import { requireAllowed } from './allowed-hosts.ts';
import { isPrivateAddress } from './private-addresses.ts';

export const MAX_REDIRECTS = 5;

export interface ReachOptions {
  /** Hosts that may be asked, as `requireAllowed` reads them; any without it. */
  readonly allowHosts?: () => string;
  readonly lookup?: LookupFunction;
  readonly isPrivate?: IsPrivate;
}

/**
 * Where requests may go: listed hosts, if there is a list; by redirects never from a public host to a private address, from https to http, or to what is not
 * http(s) at all (hostile input 4, 11).
 */
export class Reach {
  readonly agents: Agents;
  readonly #publicAgents: Agents;
  readonly #isPrivate: IsPrivate;
  readonly #allowHosts: () => string;

  constructor({ allowHosts = () => '', lookup, isPrivate = isPrivateAddress }: ReachOptions) {
    this.#allowHosts = allowHosts;
    this.#isPrivate = isPrivate;
    this.agents = makeAgents(lookup);
    this.#publicAgents = makePublicAgents(isPrivate, lookup);
  }

  check(url: URL): void {
    requireAllowed(url, this.#allowHosts());
  }

  /** Checks one step of a redirect; gives the agents that may take it. `address` is the one that the redirecting answer came from. */
  follow(from: URL, to: URL, address: string | undefined): Agents {
    if (!isHttp(to)) throw refusedRedirect(from, 'to what is no http(s) address');
    if (from.protocol === 'https:' && to.protocol === 'http:') throw refusedRedirect(from, 'from https to http');
    this.check(to);
    if (address !== undefined && this.#isPrivate(address)) return this.agents;
    refusePrivateLiteral(to, this.#isPrivate);
    return this.#publicAgents;
  }
}

export const isHttp = ({ protocol }: URL) => protocol === 'http:' || protocol === 'https:';

export function refusedRedirect(from: URL, why: string): BftError {
  return new BftError('ADDRESS_REFUSED', `${shownUrl(from)} redirects ${why}; not followed`, { permanent: false });
}
