/** Each locale knows the short names of its own part of the world only; elsewhere it says GMT+8. */
const NAMING_LOCALES = ['en-US', 'en-GB', 'en-AU'];

/** To look a name up is slow. Two entries per time zone: summer and winter. */
const known = new Map<string, string>();

/** The local time zone at a moment as `+0800 CST`; the offset again where the zone has no name of its own. */
export function formatLocalZone(ms: number): string {
  const zone = new Date(ms).toString().slice('Fri May 28 2021 22:34:00 GMT'.length);
  const found = known.get(zone) ?? describe(ms, zone.slice(0, '+0800'.length));
  known.set(zone, found);
  return found;
}

function describe(ms: number, offset: string): string {
  const short = NAMING_LOCALES.map(locale => zoneName(ms, locale, 'short')).find(name => /^[A-Z]+$/.test(name));
  return `${offset} ${short ?? initials(zoneName(ms, 'en-US', 'long')) ?? offset}`;
}

/** China Standard Time → CST. */
function initials(longName: string): string | undefined {
  const words = longName.split(' ');
  return words.length > 1 ? words.map(word => word.charAt(0)).join('') : undefined;
}

function zoneName(ms: number, locale: string, timeZoneName: 'short' | 'long'): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
