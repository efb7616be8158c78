import type { Source } from '../../src/core/method.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import type { SamplePackage } from '../transports/sample-package.ts';

/** One method, with a sender and a receiver, and a grip on what comes from the source. */
export interface Fixture {
  readonly sender: Transport<Source>;
  readonly receiver: Transport<Source>;
  /** Address of the tracker that the torrents name. */
  readonly tracker?: string;
  /** Puts into the task what leads to this source, before items are made of it. */
  address(sample: SamplePackage): void | Promise<void>;
  /** Payload bytes that left the source so far. */
  bytes(): number | Promise<number>;
  /** From now on the source sends wrong bytes, or right ones again. */
  lie(isLying: boolean, sample: SamplePackage): Promise<void>;
  /** True when the source is answering nobody. */
  isIdle(): boolean;
  /** From now on the source stops, or all but stops, after about this many bytes; `undefined` lets it go on. */
  holdAfter(bytes: number | undefined): void;
  stop(): Promise<void>;
}

export interface Traits {
  readonly method: Source;
  /** Bytes that may come twice after an abort: what was on its way. */
  readonly onTheWay: number;
  /** Whether a part of the share can be asked for; bt always fetches its torrent. */
  readonly takesSome: boolean;
}
