import { BftError } from '../../core/errors.ts';
import type { Unit } from '../../torrent/manifest.ts';
import type { Ledger } from '../../transfer/ledger.ts';

interface Version {
  readonly validator: string;
  readonly units: Unit[];
  /** Units of other contents; they are to be taken back before more of this one may come. */
  readonly stale: readonly Unit[];
}

/**
 * Which content of a file the units without a hash of their own came from: two contents must not be mixed. Units with a hash need no such care, and
 * the servers of a CDN may well give different ETags for one content.
 */
export class FileVersions {
  readonly #ledger: Ledger;
  readonly #versions = new Map<string, Version>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Takes back what came from another content of the file; throws when there was any, since that is to be fetched again. */
  async meet(file: string, validator: string): Promise<void> {
    const known = this.#versions.get(file);
    const isKnown = known?.validator === validator;
    const version = isKnown ? known : { validator, units: [], stale: known ? [...known.stale, ...known.units] : [] };
    this.#versions.set(file, version);
    if (version.stale.length === 0) return;
    await this.#ledger.revoke(version.stale);
    if (this.#versions.get(file) === version) this.#versions.set(file, { ...version, stale: [] });
    throw new BftError(
      'SOURCE_CHANGED',
      `${file} changed at its source while it was fetched; its unchecked bytes are fetched again`,
      {
        permanent: false,
      },
    );
  }

  /** False for a unit of a content that is no longer the file's. */
  accept(unit: Unit, validator: string | undefined): boolean {
    const known = this.#versions.get(unit.file);
    if (unit.sha1 !== undefined || validator === undefined || !known) return true;
    if (known.validator !== validator) return false;
    known.units.push(unit);
    return true;
  }
}
