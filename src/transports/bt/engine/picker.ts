import type { Torrent, Wire } from 'webtorrent';
import type { Bitfield } from '../bitfield.ts';
import type { Stalls } from './stalls.ts';
import type { Suggestions } from './suggestions.ts';

const WINDOW_PIECES = 24;
/** Small pieces need a wider window, or a fast peer has nothing left to be asked for … */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** … but never so wide that all receivers of a small torrent fetch the same. */
const WINDOW_SHARE = 1 / 8;
/** Rarity is judged among this many random candidates, so that a torrent of 50,000 pieces costs no more than one of 300. */
const SAMPLE = 256;
const REFILL_PAUSE_MS = 100;

interface Components {
  /** It is ready. */
  readonly torrent: Torrent;
  readonly suggestions: Suggestions;
  readonly stalls: Stalls;
}

interface Candidate {
  readonly index: number;
  /** How many may be asked for it. */
  readonly holders: number;
  /** How many of them answer now. */
  readonly open: number;
}

/**
 * Selects a small window of random-rarest pieces and refills it as they come in, and at once what a seed suggests. webtorrent's own strategies
 * either make all receivers want the same piece (sequential) or stall the event loop (rarest).
 */
export class Picker {
  readonly #torrent: Torrent;
  readonly #suggestions: Suggestions;
  readonly #stalls: Stalls;
  readonly #window: number;
  /** Pieces to fetch; those that came in are removed when the sampling meets them. */
  readonly #missing: number[];
  readonly #selected = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ torrent, suggestions, stalls }: Components, pieceLength: number, unwanted: Bitfield) {
    this.#torrent = torrent;
    this.#suggestions = suggestions;
    this.#stalls = stalls;
    const wide = Math.min(WINDOW_BYTES / pieceLength, torrent.pieces.length * WINDOW_SHARE);
    this.#window = Math.max(WINDOW_PIECES, Math.ceil(wide));
    this.#missing = [...torrent.pieces.keys()].filter(index => !torrent.bitfield.get(index) && !unwanted.get(index));
    suggestions.on('suggested', index => this.#select([index]));
    stalls.on('silent', () => this.#refillSoon(0));
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
    wire.on('unchoke', () => this.#refillSoon(0));
    wire.on('choke', () => this.#refillSoon(REFILL_PAUSE_MS));
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
    // What only peers have that left, choke us or are silent does not fill the window: it must not keep other pieces from being fetched.
    const selected = [...this.#selected].map(index => this.#candidate(index));
    const open = selected.filter(each => each.open > 0).length;
    const held = selected.filter(each => each.holders > 0).length;
    const isOpen = this.#torrent.wires.some(wire => this.#answers(wire));
    const active = isOpen ? open : held;
    if (active > this.#window * 0.75) return;
    const candidates = this.#candidates();
    const picked = rarest(candidates, 'open', this.#window - active);
    const closed = candidates.filter(each => each.open === 0);
    picked.push(...rarest(closed, 'holders', this.#window - held - picked.length));
    this.#select(picked);
  }

  #select(indexes: readonly number[]): void {
    const fresh = indexes.filter(index => !this.#selected.has(index));
    for (const index of fresh) this.#selected.add(index);
    if (fresh.length > 0) selectAll(this.#torrent, fresh);
  }

  /** Random missing pieces that a peer has and that are not selected yet. */
  #candidates(): Candidate[] {
    const missing = this.#missing;
    const found: Candidate[] = [];
    for (let at = 0; at < missing.length && found.length < SAMPLE; ) {
      const index = takeRandom(missing, at);
      if (this.#torrent.bitfield.get(index)) {
        missing[at] = missing.at(-1)!;
        missing.pop();
        continue;
      }
      at++;
      if (this.#selected.has(index)) continue;
      const candidate = this.#candidate(index);
      if (candidate.holders > 0) found.push(candidate);
    }
    return found;
  }

  #candidate(index: number): Candidate {
    let holders = 0;
    let open = 0;
    for (const wire of this.#torrent.wires) {
      if (!wire.peerPieces.get(index) || !this.#suggestions.allows(wire, index)) continue;
      holders++;
      if (this.#answers(wire)) open++;
    }
    return { index, holders, open };
  }

  #answers(wire: Wire): boolean {
    return !wire.peerChoking && !this.#stalls.isSilent(wire);
  }
}

/** The `count` that the fewest have, of those that somebody has. */
function rarest(candidates: readonly Candidate[], by: 'open' | 'holders', count: number): number[] {
  return candidates
    .filter(each => each[by] > 0)
    .sort((a, b) => a.holders - b.holders)
    .slice(0, Math.max(0, count))
    .map(({ index }) => index);
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
