import { setTimeout as delay } from 'node:timers/promises';
import { METHODS } from '../../src/core/method.ts';
import type { TestNode } from '../e2e/nodes.ts';
import { mustBe, type Row } from './bench.ts';
import { reached, type Site } from './site.ts';

const SAMPLE_MS = 100;
/** The engine's figures are up to a second old. */
const OLD_MS = 1500;

interface Torrents {
  readonly torrents: readonly { readonly uploaded: number }[];
}

/** What kills cost: bytes that left the sources against bytes that the receiver holds for verified. */
export class KillLedger {
  readonly #site: Site;
  readonly #httpBytes: () => number;
  readonly #again: number[] = [];
  readonly #ready: number[] = [];
  readonly #victims = new Map<string, number>();
  #receiver: TestNode | undefined;
  #packages = 0;
  #fetched = 0;
  #httpBegan = 0;
  /** What the sender's engines before the present one gave by bt, and what this one has given. */
  #btBefore = 0;
  #btNow = 0;
  #lostBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `httpBytes`: bytes that CDN and bucket have given so far. */
  constructor(site: Site, httpBytes: () => number) {
    this.#site = site;
    this.#httpBytes = httpBytes;
  }

  get kills(): number {
    return [...this.#victims.values()].reduce((sum, count) => sum + count, 0);
  }

  async begin(receiver: TestNode): Promise<void> {
    this.#receiver = receiver;
    this.#httpBegan = this.#httpBytes();
    this.#lostBefore = 0;
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

  /** The receiver is up again after so many seconds: what it does not know of has to be fetched again. */
  async restarted(seconds: number): Promise<void> {
    this.#ready.push(seconds);
    const verified = await this.#verified();
    const lost = this.#total() - verified;
    this.#again.push(Math.max(lost - this.#lostBefore, 0));
    this.#lostBefore = Math.max(lost, this.#lostBefore);
  }

  /** Bytes that it knows to be right, once it has read its ledger. */
  async #verified(): Promise<number> {
    let verified = 0;
    await reached(async () => {
      if (!this.#receiver) return true;
      const { methods, status } = await this.#site.progress(this.#receiver, 'film');
      const counted = (methods ?? {}) as Record<string, { bytes: number }>;
      verified = METHODS.reduce((sum, method) => sum + (counted[method]?.bytes ?? 0), 0);
      return verified > 0 || status === 'downloaded';
    });
    return verified;
  }

  async end(): Promise<void> {
    await delay(OLD_MS);
    clearInterval(this.#timer);
    await this.#sample();
    this.#packages += 1;
    this.#fetched += this.#total();
  }

  rows(of: string, size: number): Row[] {
    const whole = this.#packages * size;
    const victims = [...this.#victims].map(([victim, count]) => `${count} × ${victim}`).join(', ');
    const again = { of, what: 'lost by a kill of the receiver', unit: 'bytes' as const, samples: this.#again };
    return [
      { of, what: 'kills', unit: 'count', samples: [this.kills], remark: victims },
      {
        of,
        what: 'packages that arrived byte for byte',
        unit: 'count',
        samples: [this.#packages],
        goal: mustBe('all', true),
      },
      { of, what: 'fetched in all', unit: 'bytes', samples: [this.#fetched], ratio: this.#fetched / whole },
      again,
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
