/**
 * Does the work for every item, `limit` at a time, in order of the items. The first failure aborts the others' signal; when all have ended it is
 * thrown. The caller's signal is the outer one of theirs.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const lane = async () => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      stop.throwIfAborted();
      await work(next.value, stop);
    }
  };
  const lanes = Array.from({ length: limit }, () => lane());
  try {
    await Promise.all(lanes);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(lanes);
    throw error;
  }
}
