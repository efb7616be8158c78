const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** A bitfield as BitTorrent sends it (BEP 3): ceil(n/8) bytes, first piece in the highest bit, spare bits 0. */
export class Bitfield {
  readonly bytes: Uint8Array;
  readonly length: number;

  constructor(length: number, bytes: Uint8Array = new Uint8Array(Math.ceil(length / 8))) {
    if (bytes.length !== Math.ceil(length / 8)) {
      throw new Error(`a bitfield of ${length} pieces has ${Math.ceil(length / 8)} bytes, not ${bytes.length}`);
    }
    this.length = length;
    this.bytes = Uint8Array.from(bytes);
    const spare = this.bytes.length * 8 - length;
    if (spare > 0) this.bytes[this.bytes.length - 1]! &= 0xff << spare;
  }

  /** Reads `EngineTorrent.have`. */
  static parse(have: string, length: number): Bitfield {
    if (have === 'all') return new Bitfield(length, new Uint8Array(Math.ceil(length / 8)).fill(0xff));
    return new Bitfield(length, Buffer.from(have, 'base64'));
  }

  get(index: number): boolean {
    return ((this.bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
  }

  set(index: number): void {
    if (index < 0 || index >= this.length) throw new RangeError(`piece ${index} of ${this.length}`);
    this.bytes[index >> 3]! |= 0x80 >> (index & 7);
  }

  /** Sets what the other one has, too. Both are of the same torrent. */
  add(other: Bitfield): void {
    for (const [index, byte] of other.bytes.entries()) this.bytes[index]! |= byte;
  }

  /** The pieces that are set, in order. */
  *indexes(): Generator<number> {
    for (let index = 0; index < this.length; index++) if (this.get(index)) yield index;
  }

  get count(): number {
    let count = 0;
    for (const byte of this.bytes) count += ONES[byte]!;
    return count;
  }

  get isFull(): boolean {
    return this.count === this.length;
  }

  toBase64(): string {
    return Buffer.from(this.bytes).toString('base64');
  }
}
