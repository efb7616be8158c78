import type { Method } from '../core/method.ts';
import type { TaskCount } from './node.ts';

/** Something that is wrong with the node, without secrets and paths: anybody may ask. */
export interface Finding {
  /** Of the registry of errors. */
  readonly code: string;
  readonly desc: string;
  readonly next: string;
}

export interface Readiness {
  /** Why tasks cannot be taken or carried on; none: it is ready. A closed window is no reason. */
  readonly reasons: readonly Finding[];
  /** What should be seen to, although it is ready. */
  readonly warnings: readonly Finding[];
}

/** What this process moved since it began: it only grows. */
interface TotalsView {
  /** Payload bytes, wrong ones included. */
  readonly received: Readonly<Record<Method, number>>;
  readonly sent: Readonly<Record<Method, number>>;
  /** Times that wrong bytes came and were refused. */
  readonly hashFailures: Readonly<Record<Method, number>>;
}

/** What who runs a node asks of it, besides its tasks. */
export interface Operations {
  readonly readiness: () => Promise<Readiness>;
  readonly totals: () => TotalsView;
  /** Seconds since the oldest task in a queue was put there, 0 when it is empty. */
  readonly oldestQueued: () => Promise<
    readonly { readonly direction: TaskCount['direction']; readonly seconds: number }[]
  >;
  /** Bytes free for the daemon, by what lies there; not what cannot be looked at. */
  readonly diskFree: () => Promise<readonly { readonly path: DiskKind; readonly bytes: number }[]>;
}

export type DiskKind = 'storage' | 'transfer' | 'state';
