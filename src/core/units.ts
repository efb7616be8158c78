const KIB = 1024;

/** Rate as BFTv2 prints it (BP-09, T-005): above 9999 B/s in K/s, above 9999 K/s in M/s, rounded; '' without transfer. */
export function formatRate(bytesPerSecond: number): string {
  if (bytesPerSecond <= 0) return '';
  if (bytesPerSecond > 9999 * KIB) return `${(bytesPerSecond / KIB / KIB).toFixed(0)} M/s`;
  if (bytesPerSecond > 9999) return `${(bytesPerSecond / KIB).toFixed(0)} K/s`;
  return `${bytesPerSecond.toFixed(0)} B/s`;
}

/** Share as BFTv2 prints it (BP-08, C-16): three decimals and a percent sign. 0 of 0 is nothing. */
export function formatPercent(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(3)}%`;
}

/** Bytes for people, binary units. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= KIB && unit < units.length - 1) {
    value /= KIB;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** A moment as ISO 8601 has it, in local time with its offset: `2026-11-21T20:45:00+08:00`. */
export function formatIsoTime(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${formatLocalTime(ms).replace(' ', 'T')}${offset}`;
}

/** Local wall-clock time as task files carry it (decision 12): `YYYY-MM-DD HH:MM:SS`. */
export function formatLocalTime(ms: number): string {
  const d = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${date} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
