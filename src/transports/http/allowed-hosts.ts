import { BftError } from '../../core/errors.ts';

/**
 * Refuses a host that is not on the list (hostile input 11): names separated by commas, `*.example.com` for all below it; an empty list allows any. Ports
 * do not matter.
 */
export function requireAllowed({ hostname }: URL, list: string): void {
  const allowed = list.split(',').map(name => name.trim().toLowerCase());
  const host = hostname.replace(/\.$/, '');
  if (allowed.every(name => name === '')) return;
  const isAllowed = allowed.some(name => name === host || (name.startsWith('*.') && host.endsWith(name.slice(1))));
  if (isAllowed) return;
  throw new BftError('ADDRESS_REFUSED', `the host ${host} is not one that allowhosts lists`, { permanent: true });
}
