import { UsageFailure } from './failure.ts';

const POWERS = ['', 'K', 'M', 'G', 'T'];

/** Parses `512M`, `24MiB`, `1.5G` or plain bytes; binary units. Throws UsageFailure. */
export function parseByteSize(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)([KMGT]?)(?:i?B)?$/i.exec(text);
  const bytes = Math.round(Number(match?.[1]) * 1024 ** POWERS.indexOf(match?.[2]?.toUpperCase() ?? ''));
  if (!match || !Number.isSafeInteger(bytes)) {
    throw new UsageFailure(`${JSON.stringify(text)} is not a size: give bytes, or a number with K, M, G or T, as 512M`);
  }
  return bytes;
}
