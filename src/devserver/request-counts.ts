import type { Operation } from './operation.ts';

export interface OperationCount {
  /** Authenticated requests, refused and faulted ones included. */
  requests: number;
  /** Those whose answer was a success and went out whole. */
  succeeded: number;
}

/** How often each operation was asked for, so that a test can see that nothing was uploaded twice. */
export class RequestCounts {
  readonly #counts = new Map<Operation, OperationCount>();

  /** Counts a request; call what it returns when the request has succeeded. */
  begin(operation: Operation): () => void {
    const count = this.#counts.get(operation) ?? { requests: 0, succeeded: 0 };
    this.#counts.set(operation, count);
    count.requests++;
    return () => {
      count.succeeded++;
    };
  }

  /** Operations that were never asked for are missing. */
  snapshot(): Partial<Record<Operation, OperationCount>> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#counts.clear();
  }
}
