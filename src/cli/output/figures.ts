import { formatBytes } from '../../core/units.ts';

const WIDTH = 24;

/** Truncated, so that 100.0 % is all. 0 of 0 is all. */
export function percentOf(bytes: number, total: number): string {
  const share = total === 0 ? 100 : Math.floor((bytes / total) * 1000) / 10;
  return `${share.toFixed(1)} %`;
}

export const rateOf = (rate: number): string => (rate > 0 ? `${formatBytes(Math.round(rate))}/s` : '-');

export const limitOf = (rate: number): string => (rate === 0 ? 'no limit' : rateOf(rate));

/** `2 h 05 min`, as far as the present rate says. */
export function durationOf(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function bar(bytes: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.floor((bytes / total) * WIDTH));
  return '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
}
