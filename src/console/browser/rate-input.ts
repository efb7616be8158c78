const BINARY = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
const DECIMAL = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;
const RATE = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i|iB)?|([KMGT]B)|(B))?(?:\/s)?$/i;

/**
 * A limit as people type it, in bytes per second: `20M` as the configured hours read it (powers of 1024), `20 MB/s` in decimal units, `0` and `off` for
 * no limit. Empty: undefined, what the configuration says. NaN: it is no rate.
 */
export function readRate(typed: string): number | undefined {
  const word = typed.trim();
  if (word === '') return undefined;
  if (/^(0|off)$/i.test(word)) return 0;
  const [, digits, binary, , decimal, plain] = RATE.exec(word) ?? [];
  const unit = binary ? BINARY[upper(binary) as 'K'] : decimal ? DECIMAL[upper(decimal) as 'KB'] : plain ? 1 : BINARY.K;
  const rate = Math.round(Number(digits) * unit);
  return rate > 0 && Number.isSafeInteger(rate) ? rate : Number.NaN;
}

const upper = (unit: string) => unit.toUpperCase();
