import type { Torrent, Wire } from 'webtorrent';
import type { Suggestions } from './suggestions.ts';

const WINDOW_PIECES = 24;
/** Small pieces need a wider window, or a fast peer has nothing left to be asked for … */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** … but never so wide that all receivers of a small torrent fetch the same. */
const WINDOW_SHARE = 1 / 8;
/** Rarity is judged among this many random candidates, so that a torrent of 50,000 pieces costs no more than one of 300. */
const SAMPLE = 256;
const REFILL_PAUSE_MS = 100;

/**
 * Selects a small window of random-rarest pieces and refills it as they come in, and at once what a seed suggests. webtorrent's own strategies
 * either make all receivers want the same piece (sequential) or stall the event loop (rarest).
 */
export class Picker {
  readonly #torrent: Torrent;
  readonly #suggestions: Suggestions;
  readonly #window: number;
  /** Pieces to fetch; those that came in are removed when the sampling meets them. */
  readonly #missing: number[];
  readonly #selected = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  /** The torrent is ready. */
  constructor(torrent: Torrent, suggestions: Suggestions, pieceLength: number) {
    this.#torrent = torrent;
    this.#suggestions = suggestions;
    const wide = Math.min(WINDOW_BYTES / pieceLength, torrent.pieces.length * WINDOW_SHARE);
    this.#window = Math.max(WINDOW_PIECES, Math.ceil(wide));
    this.#missing = [...torrent.pieces.keys()].filter(index => !torrent.bitfield.get(index));
    suggestions.on('suggested', index => this.#select([index]));
    torrent.on('verified', () => this.#refillSoon(0));
    torrent.on('wire', wire => this.#watch(wire));
    for (const wire of torrent.wires) this.#watch(wire);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #watch(wire: Wire): void {
    // A peer that dialled us may have sent its bitfield already.
    this.#refillSoon(0);
    wire.on('bitfield', () => this.#refillSoon(0));
    wire.on('have-all', () => this.#refillSoon(0));
    wire.on('have', () => this.#refillSoon(REFILL_PAUSE_MS));
    wire.on('close', () => this.#refillSoon(REFILL_PAUSE_MS));
  }

  #refillSoon(pauseMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#refill();
    }, pauseMs);
  }

  #refill(): void {
    if (this.#torrent.destroyed || this.#torrent.done) return;
    for (const index of this.#selected) if (this.#torrent.bitfield.get(index)) this.#selected.delete(index);
    // What only peers had that left does not fill the window: it must not keep other pieces from being fetched.
    const active = [...this.#selected].filter(index => this.#holders(index) > 0).length;
    if (active > this.#window * 0.75) return;
    const picked = this.#rarest(this.#window - active);
    this.#select(picked);
  }

  #select(indexes: readonly number[]): void {
    const fresh = indexes.filter(index => !this.#selected.has(index));
    for (const index of fresh) this.#selected.add(index);
    if (fresh.length > 0) selectAll(this.#torrent, fresh);
  }

  #rarest(count: number): number[] {
    return this.#candidates()
      .sort((a, b) => a.holders - b.holders)
      .slice(0, count)
      .map(({ index }) => index);
  }

  /** Random missing pieces that a peer has and that are not selected yet. */
  #candidates(): { index: number; holders: number }[] {
    const missing = this.#missing;
    const found: { index: number; holders: number }[] = [];
    for (let at = 0; at < missing.length && found.length < SAMPLE; ) {
      const index = takeRandom(missing, at);
      if (this.#torrent.bitfield.get(index)) {
        missing[at] = missing.at(-1)!;
        missing.pop();
        continue;
      }
      at++;
      const holders = this.#selected.has(index) ? 0 : this.#holders(index);
      if (holders > 0) found.push({ index, holders });
    }
    return found;
  }

  /** How many may be asked for the piece. */
  #holders(index: number): number {
    return this.#torrent.wires.filter(wire => wire.peerPieces.get(index) && this.#suggestions.allows(wire, index))
      .length;
  }
}

/** Swaps a random element of list[at…] to `at` and returns it. */
function takeRandom(list: number[], at: number): number {
  const from = at + Math.floor(Math.random() * (list.length - at));
  const value = list[from]!;
  list[from] = list[at]!;
  list[at] = value;
  return value;
}

/** Each `select` makes webtorrent look at every peer and piece again; once for all of them is enough. */
function selectAll(torrent: Torrent, indexes: readonly number[]): void {
  const update = torrent._updateSelections.bind(torrent);
  torrent._updateSelections = () => {};
  try {
    for (const index of indexes) torrent.select(index, index);
  } finally {
    torrent._updateSelections = update;
  }
  torrent._updateSelections();
}
