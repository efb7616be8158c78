const STEP = 1000;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in decimal units: `81.3 GB`, `163 MB`. */
export function bytesText(bytes: number): string {
  const power = bytes < STEP ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / STEP ** power;
  const digits = power === 0 || (power < 3 && value >= 100) ? 0 : 1;
  // 999.96 MB is not to be 1000.0 MB.
  if (Number(value.toFixed(digits)) >= STEP && power < UNITS.length - 1) return `1.0 ${UNITS[power + 1]}`;
  return `${value.toFixed(digits)} ${UNITS[power]}`;
}

/** Bytes per second; a dash when nothing moves. */
export const rateText = (rate: number): string => (rate > 0 ? `${bytesText(rate)}/s` : '—');

/** Cut, not rounded: 100 % is only what is complete. */
export function percentText(part: number, whole: number): string {
  if (whole <= 0) return '100%';
  const cut = Math.floor(Math.min(part / whole, 1) * STEP) / 10;
  return `${cut.toFixed(1)}%`;
}

/** Width of a part of a bar. */
export const widthOf = (part: number, whole: number): string =>
  `${whole > 0 ? Math.min((part / whole) * 100, 100).toFixed(3) : 0}%`;
