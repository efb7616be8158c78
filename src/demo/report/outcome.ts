import type { Method } from '../../core/method.ts';
import type { Ratio } from '../../task/ratio.ts';
import type { MethodResult } from '../meter.ts';

/** What came of a demo that ran to its end. */
export interface Outcome {
  /** The folder that was sent, or 'synthetic'. */
  readonly source: string;
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  readonly ratio: Ratio;
  readonly methods: Readonly<Record<Method, MethodResult>>;
  /** Bytes that came by bt, by the name of the node that gave them. */
  readonly btFrom: ReadonlyMap<string, number>;
  readonly receivers: readonly ReceiverOutcome[];
  /** What took how long, in order. */
  readonly phases: readonly Phase[];
  /** Seconds of the whole demo. */
  readonly seconds: number;
}

export interface ReceiverOutcome {
  readonly name: string;
  /** From the order to the receiver's own answer that it has the package. */
  readonly seconds: number;
  /** How what it has differs from the source; empty when it does not. */
  readonly differences: readonly string[];
}

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

export function succeeded({ receivers }: Outcome): boolean {
  return receivers.every(({ differences }) => differences.length === 0);
}
