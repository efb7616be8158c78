import { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';

export type Ratio = Readonly<Record<Method, number>>;

/** Parses `bt:obs:cdn` (P-010): three non-negative whole numbers, not all 0. Throws RATIO_INVALID. */
export function parseRatio(text: string): Ratio {
  const match = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/.exec(text);
  if (!match) throw new BftError('RATIO_INVALID', `the ratio ${JSON.stringify(text)} is not of the form a:b:c`);
  const ratio = { bt: Number(match[1]), obs: Number(match[2]), cdn: Number(match[3]) };
  if (METHODS.every(method => ratio[method] === 0))
    throw new BftError('RATIO_INVALID', `the ratio ${text} gives nobody a share`);
  return ratio;
}

/** n:0:0: the full torrent is what is seeded and fetched (BV-003). */
export function isBtOnly(ratio: Ratio): boolean {
  return ratio.obs === 0 && ratio.cdn === 0;
}
