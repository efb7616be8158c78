import { BftError } from '../../core/errors.ts';

/**
 * Refuses a host that is not on the list (hostile input 11): names separated by commas, `*.example.com` for all below it; an empty list allows any. Ports
 * do not matter.
 */
export function requireAllowed(url: URL, list: string): void {
  if (isAllowed(url, list)) return;
  const host = url.hostname.replace(/\.$/, '');
  throw new BftError('ADDRESS_REFUSED', `the host ${host} is not one that allowhosts lists`, { permanent: true });
}

/** Whether `requireAllowed` lets it pass. */
export function isAllowed({ hostname }: URL, list: string): boolean {
  const allowed = list.split(',').map(name => name.trim().toLowerCase());
  const host = hostname.replace(/\.$/, '');
  if (allowed.every(name => name === '')) return true;
  return allowed.some(name => name === host || (name.startsWith('*.') && host.endsWith(name.slice(1))));
}
