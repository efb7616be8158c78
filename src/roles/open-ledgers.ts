import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { notThere } from '../core/errors.ts';
import { removeDurable } from '../disk/durable.ts';
import type { TransferItem } from '../transfer/item.ts';
import { Ledger } from '../transfer/ledger.ts';

/** The ledgers of tasks that run, one for all tries of a task. */
export class OpenLedgers {
  readonly #clock: Clock;
  readonly #ledgers = new Map<string, Ledger>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  get(name: string): Ledger | undefined {
    return this.#ledgers.get(name);
  }

  async open(item: TransferItem): Promise<Ledger> {
    const known = this.#ledgers.get(item.name);
    if (known) return known;
    await dropOthers(item);
    const ledger = await Ledger.open(item.ledgerDirectory, this.#clock, item.ledgerFiles);
    this.#ledgers.set(item.name, ledger);
    return ledger;
  }

  /** What is not durable of it stays undone: the task is over, or is to begin anew. */
  async drop(name: string): Promise<void> {
    const ledger = this.#ledgers.get(name);
    this.#ledgers.delete(name);
    await ledger?.close();
  }
}

/** The same working directories may hold data of a task that was here before: its ledger must not speak of ours. */
async function dropOthers({ ledgerRoot, ledgerDirectory }: TransferItem): Promise<void> {
  for (const entry of (await readdir(ledgerRoot).catch(notThere)) ?? []) {
    if (join(ledgerRoot, entry) !== ledgerDirectory) await removeDurable(join(ledgerRoot, entry));
  }
}
