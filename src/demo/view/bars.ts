import { METHODS, type Method } from '../../core/method.ts';
import { formatBytes } from '../../core/units.ts';

const WIDTH = 24;

export interface Flow {
  /** Verified. */
  readonly bytes: number;
  /** To fetch. */
  readonly total: number;
  /** Bytes per second, now. */
  readonly rate: number;
}

export type Flows = Readonly<Record<Method, Flow>>;

/** A bar per method. */
export function barLines(flows: Flows): string[] {
  return METHODS.map(method => `  ${method.padEnd(3)} ${bar(flows[method])} ${figures(flows[method])}`);
}

export function flowSentence(flows: Flows): string {
  return METHODS.map(method => `${method} ${figures(flows[method]).trimStart()}`).join('; ');
}

function bar({ bytes, total }: Flow): string {
  const filled = total === 0 ? 0 : Math.min(WIDTH, Math.floor((bytes / total) * WIDTH));
  return '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
}

function figures({ bytes, total, rate }: Flow): string {
  if (total === 0) return 'no share';
  const percent = `${((bytes / total) * 100).toFixed(1)} %`;
  const speed = rate > 0 ? `, ${formatBytes(Math.round(rate))}/s` : '';
  return `${percent.padStart(7)} of ${formatBytes(total)}${speed}`;
}
