import { type Static, Type } from 'typebox';
import { METHODS, type Method } from '../core/method.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';

const bytes = Type.Integer({ minimum: 0 });
const methodSchema = Type.Object({
  /** Of the package. */
  bytes,
  /** Payload that came, right or wrong, whole or not. */
  received: bytes,
  wasted: bytes,
  sources: Type.Record(Type.String(), Type.Object({ bytes, wasted: bytes })),
});

/** What a finished transfer moved, as it is kept with the task. */
export const reportSchema = Type.Object({
  methods: Type.Object({ bt: methodSchema, obs: methodSchema, cdn: methodSchema }),
  /** Bytes that were here already. */
  local: bytes,
  /** Files that another method took over from the one whose list they are in, and which. */
  takenover: Type.Record(Type.String(), Type.String()),
  /** Of the torrent whose piece hashes verified every byte; '': every file was, by its SHA-1. Absent in older records. */
  infohash: Type.Optional(Type.String()),
});
export type TransferReport = Static<typeof reportSchema>;

export function reportOf(item: Pick<TransferItem, 'isBound' | 'task'>, ledger: Ledger): TransferReport {
  const totals = (method: Method) => ({ bytes: ledger.bytes(method), ...ledger.meters[method].counted });
  return {
    methods: Object.fromEntries(METHODS.map(method => [method, totals(method)])) as TransferReport['methods'],
    local: ledger.bytes('local'),
    takenover: Object.fromEntries(ledger.owners),
    infohash: item.isBound ? (item.task.bt.infohash ?? '') : '',
  };
}
