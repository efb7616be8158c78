const MAX_DEPTH = 32;
const [INTEGER, LIST, DICTIONARY, END, COLON, MINUS, ZERO, NINE] = [0x69, 0x6c, 0x64, 0x65, 0x3a, 0x2d, 0x30, 0x39];
const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** Where a top-level key's value stands in the bytes: [start, end). */
export type TopLevel = ReadonlyMap<string, readonly [start: number, end: number]>;

/**
 * Walks untrusted bencode without building anything: depth and lengths are bounded (hostile input 10), integers are plain, nothing follows the
 * end. Below the top-level key `sorted` the keys of dictionaries must be in order (BEP 3): whoever encodes them again puts them in order, and makes another
 * value of it. Throws a plain Error with the offset. Returns the spans of the top-level dictionary's values.
 */
export function scanBencode(bytes: Uint8Array, sorted?: string): TopLevel {
  const scanner = new Scanner(bytes, sorted);
  const spans = scanner.dictionary(1);
  if (scanner.at !== bytes.length) throw new Error(`bytes after the end, at ${scanner.at}`);
  return spans;
}

class Scanner {
  at = 0;
  readonly #bytes: Uint8Array;
  /** The string that was read last. */
  #last: Uint8Array = new Uint8Array();
  /** The top-level key below which keys have to be in order. */
  readonly #sorted: string | undefined;

  constructor(bytes: Uint8Array, sorted: string | undefined) {
    this.#bytes = bytes;
    this.#sorted = sorted;
  }

  dictionary(depth: number, isSorted = false): TopLevel {
    this.#take(DICTIONARY);
    const spans = new Map<string, readonly [number, number]>();
    let last: Uint8Array | undefined;
    while (this.#bytes[this.at] !== END) {
      const key = this.#string();
      if (spans.has(key)) throw new Error(`duplicate key at ${this.at}`);
      // The decoder drops the byte order mark, and would set a prototype: both make one key look like another.
      if (key === '__proto__' || key.startsWith(BYTE_ORDER_MARK)) throw new Error(`unsafe key at ${this.at}`);
      if (isSorted && last && Buffer.compare(last, this.#last) > 0) throw new Error(`keys out of order at ${this.at}`);
      last = this.#last;
      const start = this.at;
      this.#value(depth + 1, isSorted || (depth === 1 && key === this.#sorted));
      spans.set(key, [start, this.at]);
    }
    this.at++;
    return spans;
  }

  #value(depth: number, isSorted: boolean): void {
    if (depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}, at ${this.at}`);
    const type = this.#bytes[this.at];
    if (type === DICTIONARY) this.dictionary(depth, isSorted);
    else if (type === LIST) this.#list(depth, isSorted);
    else if (type === INTEGER) this.#integer();
    else this.#string();
  }

  #list(depth: number, isSorted: boolean): void {
    this.#take(LIST);
    while (this.#bytes[this.at] !== END) this.#value(depth + 1, isSorted);
    this.at++;
  }

  #integer(): void {
    this.#take(INTEGER);
    const isNegative = this.#bytes[this.at] === MINUS;
    if (isNegative) this.at++;
    if (this.#digits() === 0 && isNegative) throw new Error(`-0 at ${this.at}`);
    this.#take(END);
  }

  #string(): string {
    const length = this.#digits();
    this.#take(COLON);
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Error(`a string of ${length} bytes at ${this.at} leads past the end`);
    this.#last = this.#bytes.subarray(this.at, end);
    // Only keys are looked at, and only known ones: those are short.
    const text = length <= 64 ? Buffer.from(this.#last).toString('latin1') : `long:${this.at}`;
    this.at = end;
    return text;
  }

  #digits(): number {
    const start = this.at;
    let value = 0;
    for (let c = this.#bytes[this.at]; c !== undefined && c >= ZERO && c <= NINE; c = this.#bytes[this.at]) {
      value = value * 10 + (c - ZERO);
      this.at++;
    }
    // One number has one form (BEP 3): others could be read differently elsewhere.
    const hasLeadingZero = this.#bytes[start] === ZERO && this.at - start > 1;
    if (this.at === start || hasLeadingZero || !Number.isSafeInteger(value))
      throw new Error(`no valid number at ${start}`);
    return value;
  }

  #take(expected: number): void {
    if (this.#bytes[this.at] !== expected) throw new Error(`expected "${String.fromCharCode(expected)}" at ${this.at}`);
    this.at++;
  }
}
