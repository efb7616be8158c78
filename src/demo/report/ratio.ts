import { METHODS, type Method } from '../../core/method.ts';
import type { Ratio } from '../../task/ratio.ts';

export function ratioText(ratio: Ratio): string {
  return METHODS.map(method => ratio[method]).join(':');
}

/** What the methods really moved, on the scale of the target, so that the two can be compared: `2.01:0.99:1.00` for 2:1:1. */
export function actualRatio(bytes: Readonly<Record<Method, number>>, target: Ratio): string {
  const whole = METHODS.reduce((sum, method) => sum + bytes[method], 0);
  const scale = METHODS.reduce((sum, method) => sum + target[method], 0);
  return METHODS.map(method => (whole === 0 ? 0 : (bytes[method] / whole) * scale).toFixed(2)).join(':');
}
