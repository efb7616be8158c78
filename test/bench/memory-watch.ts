import type { TestNode } from '../e2e/nodes.ts';
import { atEnd } from './at-end.ts';
import { mustBe, type Row } from './bench.ts';
import { memoryOf } from './memory.ts';
import { median } from './statistics.ts';

const MIB = 1024 ** 2;
const INTERVAL_MS = 3000;
/** What a heap may breathe between the second and the last quarter. */
const FLAT_MIB = 48;

/** Looks at the memory of nodes every few seconds. */
export class MemoryWatch {
  readonly #samples = new Map<string, number[]>();
  readonly #timer: NodeJS.Timeout;
  readonly #nodes: Readonly<Record<string, TestNode>>;
  readonly #forget: () => void;

  constructor(nodes: Readonly<Record<string, TestNode>>) {
    this.#nodes = nodes;
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS);
    this.#forget = atEnd(() => clearInterval(this.#timer));
  }

  /** Ends it. A line per process; flat when the last quarter of the samples is no higher than the second one. */
  rows(of: string): Row[] {
    clearInterval(this.#timer);
    this.#forget();
    return [...this.#samples].map(([process, samples]) => {
      const quarter = Math.floor(samples.length / 4);
      const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)].map(median);
      const isFlat = quarter === 0 || (last ?? 0) - (second ?? 0) <= FLAT_MIB;
      const remark = `${samples.length} looks`;
      return { of, what: `${process}, resident`, unit: 'MiB', samples, goal: mustBe('flat', isFlat), remark };
    });
  }

  async #look(): Promise<void> {
    for (const [name, node] of Object.entries(this.#nodes)) {
      // A process may end between two looks.
      const memory = await memoryOf(node).catch(() => undefined);
      for (const process of ['daemon', 'engine'] as const) {
        const now = memory?.[process]?.now;
        if (now !== undefined) this.#note(`${name} ${process}`, now / MIB);
      }
    }
  }

  #note(process: string, mib: number): void {
    const samples = this.#samples.get(process) ?? [];
    this.#samples.set(process, samples);
    samples.push(mib);
  }
}
