const closers = new Set<() => unknown>();

/** Has something closed when the benches end early; gives how to take it back. */
export function atEnd(close: () => unknown): () => void {
  closers.add(close);
  return () => void closers.delete(close);
}

/** Closes what is still open, the youngest first. What cannot be closed is told, and keeps nothing else open. */
export async function closeAll(): Promise<void> {
  for (const close of [...closers].toReversed()) {
    closers.delete(close);
    try {
      await close();
    } catch (error) {
      console.error('bench: something could not be closed:', error);
    }
  }
}
