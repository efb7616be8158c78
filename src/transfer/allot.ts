/**
 * Divides `total` max-min fairly: who wants less than an equal share gets it, the others divide the rest. What nobody wants is divided equally
 * on top, so that all may grow. The shares add up to `total`.
 */
export function allot(total: number, wants: readonly number[]): number[] {
  if (total === Infinity) return wants.map(() => Infinity);
  const shares = wants.map(() => 0);
  const byWant = [...wants.keys()].sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0));
  let left = total;
  for (const [done, index] of byWant.entries()) {
    shares[index] = Math.min(wants[index] ?? 0, left / (byWant.length - done));
    left -= shares[index];
  }
  return shares.map(share => share + left / wants.length);
}
