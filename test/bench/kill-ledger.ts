import { setTimeout as delay } from 'node:timers/promises';
import { mustBe, type Row } from './bench.ts';
import type { Site } from './site.ts';

const SAMPLE_MS = 100;
/** The engine's figures are up to a second old. */
const OLD_MS = 1500;

interface Torrents {
  readonly torrents: readonly { readonly uploaded: number }[];
}

/** What kills cost: bytes that left the sources against the size of what arrived. */
export class KillLedger {
  readonly #site: Site;
  readonly #size: number;
  readonly #httpBytes: () => number;
  readonly #again: number[] = [];
  readonly #ready: number[] = [];
  readonly #victims = new Map<string, number>();
  /** Bytes that left the sources, by package. */
  readonly #fetched: number[] = [];
  #httpBegan = 0;
  /** What the sender's engines before the present one gave by bt, and what this one has given. */
  #btBefore = 0;
  #btNow = 0;
  /** Of the receiver, since the package began to come. */
  #deaths = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `size`: of the package, bytes; `httpBytes`: bytes that CDN and bucket have given so far. */
  constructor(site: Site, size: number, httpBytes: () => number) {
    this.#site = site;
    this.#size = size;
    this.#httpBytes = httpBytes;
  }

  get kills(): number {
    return [...this.#victims.values()].reduce((sum, count) => sum + count, 0);
  }

  async begin(): Promise<void> {
    this.#httpBegan = this.#httpBytes();
    this.#deaths = 0;
    this.#btBefore = 0;
    this.#btNow = 0;
    const already = await this.#uploaded();
    this.#btBefore = -already;
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS);
  }

  async beforeKill(victim: string): Promise<void> {
    this.#victims.set(victim, (this.#victims.get(victim) ?? 0) + 1);
    if (victim.startsWith('sender')) await this.#sample();
  }

  /** The receiver was up again after so many seconds. */
  restarted(seconds: number): void {
    this.#ready.push(seconds);
    this.#deaths += 1;
  }

  async end(): Promise<void> {
    await delay(OLD_MS);
    clearInterval(this.#timer);
    await this.#sample();
    this.#fetched.push(this.#total());
    if (this.#deaths > 0) this.#again.push(Math.max(this.#total() - this.#size, 0) / this.#deaths);
  }

  rows(of: string): Row[] {
    const packages = this.#fetched.length;
    const fetched = this.#fetched.reduce((sum, bytes) => sum + bytes, 0);
    const victims = [...this.#victims].map(([victim, count]) => `${count} × ${victim}`).join(', ');
    const again = { of, what: 'fetched again for each kill of the receiver, by package', unit: 'bytes' as const };
    return [
      { of, what: 'kills', unit: 'count', samples: [this.kills], remark: victims },
      {
        of,
        what: 'packages that arrived byte for byte',
        unit: 'count',
        samples: [packages],
        goal: mustBe('all', true),
      },
      { of, what: 'fetched in all', unit: 'bytes', samples: [fetched], ratio: fetched / (packages * this.#size) },
      { ...again, samples: this.#again },
      { of, what: 'receiver answers again after', unit: 's', samples: this.#ready },
    ];
  }

  #total(): number {
    return this.#httpBytes() - this.#httpBegan + this.#btBefore + this.#btNow;
  }

  /** A counter that is lower than before belongs to a new engine. */
  async #sample(): Promise<void> {
    const uploaded = await this.#uploaded().catch(() => undefined);
    if (uploaded === undefined) return;
    if (uploaded < this.#btNow) this.#btBefore += this.#btNow;
    this.#btNow = uploaded;
  }

  async #uploaded(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#site.fleet.sender.apiPort}/api/v1/torrents`);
    const { torrents } = (await answer.json()) as Torrents;
    return torrents.reduce((sum, { uploaded }) => sum + uploaded, 0);
  }
}
