import { finalCheck } from '../../src/transfer/final-check.ts';
import type { TransferItem } from '../../src/transfer/item.ts';
import type { Ledger } from '../../src/transfer/ledger.ts';

/**
 * Fetches until everything is right, as a receiver does: the pieces in which files meet are checked last, and what is wrong there is
 * taken back and fetched again. Gives the files that had to be.
 */
export async function finish(item: TransferItem, ledger: Ledger, fetch: () => Promise<void>): Promise<string[]> {
  const taken: string[] = [];
  for (let tries = 0; tries < 3; tries++) {
    await fetch();
    const wrong = await finalCheck(item, ledger, new AbortController().signal);
    if (wrong.length === 0) return taken;
    taken.push(...wrong.map(({ file }) => file));
    await ledger.revoke(wrong);
  }
  throw new Error(`still wrong after three tries: ${taken.join(', ')}`);
}
