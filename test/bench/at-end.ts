const closers = new Set<() => unknown>();

/** Has something closed when the benches end early; gives how to take it back. */
export function atEnd(close: () => unknown): () => void {
  closers.add(close);
  return () => void closers.delete(close);
}

/** Closes what is still open, the youngest first. */
export async function closeAll(): Promise<void> {
  for (const close of [...closers].toReversed()) await close();
  closers.clear();
}
