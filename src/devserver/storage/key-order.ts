/** Keys are listed in the order of their UTF-8 bytes, which is not JavaScript's for characters beyond the first plane. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
