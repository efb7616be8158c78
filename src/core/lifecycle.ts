/** A part that can be started and stopped once. `start` may assume that all parts before it in the list run. */
export interface Startable {
  readonly name: string;
  start(): Promise<void>;
  /** Idempotent; also called when `start` failed half-way. */
  stop(): Promise<void>;
}

/** Starts the parts in order. When one fails, it and those before it are stopped again, in reverse, and the failure is thrown. */
export async function startAll(parts: readonly Startable[]): Promise<void> {
  for (const [index, part] of parts.entries()) {
    try {
      await part.start();
    } catch (error) {
      await stopAll(parts.slice(0, index + 1)).catch((stopping: unknown) => {
        throw new SuppressedError(stopping, error, `starting ${part.name} failed, and so did stopping what ran`);
      });
      throw error;
    }
  }
}

/** Stops the parts in reverse order. All are stopped, whatever fails; the failures are thrown together at the end. */
export async function stopAll(parts: readonly Startable[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts.toReversed()) {
    try {
      await part.stop();
    } catch (error) {
      failures.push(new Error(`stopping ${part.name} failed`, { cause: error }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not every part stopped cleanly');
}
