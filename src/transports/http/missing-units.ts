import type { Extent, Unit } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';

/** The units of a file that the extents touch and that are not verified, in order. */
export function missingUnits(item: TransferItem, file: string, extents: readonly Extent[], ledger: Ledger): Unit[] {
  const wanted = extents.toSorted((a, b) => a.offset - b.offset);
  let at = 0;
  return item.manifest.units(file).filter(unit => {
    while (end(wanted[at]) <= unit.offset) at += 1;
    const extent = wanted[at];
    return extent !== undefined && extent.offset < end(unit) && !ledger.isVerified(unit);
  });
}

/** Past the last extent there is no end to look for. */
const end = (extent: Extent | undefined) => (extent ? extent.offset + extent.length : Infinity);
