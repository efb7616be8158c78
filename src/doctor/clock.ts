import { fault, type Finding, ok, skipped, warning } from './finding.ts';
import type { Site } from './site.ts';

const NOTICED_MS = 60_000;
/** Object storage refuses signatures that are older. */
const REFUSED_MS = 15 * 60_000;

/** This machine's clock, against those of the servers that were asked. Windows and deadlines are local time. */
export function checkClock({ clocks }: Site): Finding[] {
  const offsets = clocks.map(({ theirs, ours }) => ours - theirs).toSorted((a, b) => a - b);
  const offset = offsets[Math.floor(offsets.length / 2)];
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (offset === undefined) return [skipped(`no server said what time it is; this node's zone is ${zone}`)];
  const servers = clocks.length === 1 ? 'one server' : `${clocks.length} servers`;
  const size = Math.abs(offset);
  if (size < NOTICED_MS) return [ok(`the clock agrees with ${servers}; zone ${zone}`)];
  const text = `the clock is ${Math.round(size / 60_000)} minutes ${offset > 0 ? 'ahead of' : 'behind'} ${servers} (${clocks[0]?.address})`;
  const next = 'Set the clock and keep it set, for example: timedatectl set-ntp true';
  return [size < REFUSED_MS ? warning(text, next) : fault(`${text}: object storage refuses its signatures`, next)];
}
