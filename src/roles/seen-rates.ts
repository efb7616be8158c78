import { dirname } from 'node:path';
import { Type } from 'typebox';
import type { Clock } from '../core/clock.ts';
import { asBftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import { validator } from '../core/validate.ts';
import { makeDirectory, writeDurable } from '../disk/durable.ts';
import type { Stretch } from '../transfer/observed.ts';
import { readRecord } from './record-file.ts';

/** What was seen counts half after so much more time of fetching, ms. */
const HALF_LIFE_MS = 2 * 3_600_000;
/** A task's own rate is believed once it fetched for so long, ms. */
const OWN_MS = 60_000;
/** The node's rate, likewise: a few small files say little about a line. */
const NODE_MS = 10_000;
const SAVE_MS = 180_000;

/** Of how many limits what was seen under them is kept, by method. */
const MOST_LIMITS = 12;

/** What came while a limit was set (bytes per second; absent: none). All fades. */
interface Seen {
  readonly limit?: number;
  readonly bytes: number;
  /** The time in which they came, and the part of it in which the limit held them back, ms. */
  readonly ms: number;
  readonly heldMs: number;
}

const number = Type.Number({ minimum: 0 });
const seen = Type.Object({ limit: Type.Optional(number), bytes: number, ms: number, heldMs: number });
const all = Type.Optional(Type.Array(seen, { maxItems: MOST_LIMITS }));
const check = validator(Type.Object({ bt: all, obs: all, cdn: all }));

/** The limit that was met last stands last. */
type ByMethod = Partial<Record<Method, readonly Seen[]>>;

/**
 * How fast the methods were on this node: each task's own rate while it is fetched, and the node's, which outlives restarts. What was seen under one
 * limit is kept apart from what was seen under another: what a slow hour held back says nothing of a fast one but that the line is at least so fast.
 */
export class SeenRates implements Startable {
  readonly name = 'rates seen';
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #path: string;
  readonly #tasks = new Map<string, ByMethod>();
  #node: ByMethod = {};
  #savedAt = 0;
  #isToBeSaved = false;
  #saving: Promise<void> = Promise.resolve();

  constructor({ clock, log }: { clock: Clock; log: Logger }, path: string) {
    this.#clock = clock;
    this.#log = log;
    this.#path = path;
  }

  /** A record that cannot be read is no reason not to start: the rates are seen anew. */
  async start(): Promise<void> {
    this.#savedAt = this.#clock.monotonic();
    try {
      this.#node = (await readRecord(this.#path, check, 'DISK_WRITE')) ?? {};
    } catch (cause) {
      const { code, message } = asBftError(cause, 'DISK_WRITE', this.#path);
      this.#log.warn({ code }, `the rates that were seen are seen anew: ${message}`);
    }
  }

  async stop(): Promise<void> {
    await this.#saving;
  }

  /** Takes note of what a fetch brought. */
  readonly note = (stretch: Stretch): void => {
    const { task, method, ms, isLast } = stretch;
    if (ms <= 0) return;
    const own = this.#tasks.get(task) ?? {};
    this.#tasks.set(task, { ...own, [method]: more(own[method], stretch) });
    this.#node = { ...this.#node, [method]: more(this.#node[method], stretch) };
    if (isLast || this.#clock.monotonic() - this.#savedAt >= SAVE_MS) this.#save();
  };

  /**
   * Bytes per second that the method brings to the task under a limit (bytes per second; undefined: none), as far as that can be said: what it brought
   * under that very limit, else what the line brought where nothing held it back; its own rate once it ran for a minute, else the node's. What was held
   * back later raises that, and never lowers it. Where nothing but held bytes were ever seen it is taken to bring what the limit lets it, and
   * without a limit the most that was seen: people set limits below what their lines can do, and a false alarm each evening is heeded by nobody.
   */
  rate(task: string, method: Method, limit?: number): number | undefined {
    const known = [
      ...(this.#node[method] ?? []).filter(({ ms }) => ms >= NODE_MS),
      ...(this.#tasks.get(task)?.[method] ?? []).filter(({ ms }) => ms >= OWN_MS),
    ];
    if (known.length === 0) return undefined;
    const same = known.findLastIndex(seen => seen.limit === limit);
    const at = same === -1 ? known.findLastIndex(seen => !isHeld(seen)) : same;
    const seen = known[at];
    if (!seen) return limit ?? Math.max(...known.map(rateOf));
    const atLeast = isHeld(seen)
      ? []
      : known
          .slice(at + 1)
          .filter(isHeld)
          .map(rateOf);
    return Math.min(limit ?? Infinity, Math.max(rateOf(seen), ...atLeast));
  }

  /** The task is fetched no more, or anew. */
  forget(task: string): void {
    this.#tasks.delete(task);
  }

  /** One write for all that ends at the same time. */
  #save(): void {
    if (this.#isToBeSaved) return;
    this.#isToBeSaved = true;
    this.#saving = this.#saving.then(() => this.#write());
  }

  async #write(): Promise<void> {
    this.#isToBeSaved = false;
    this.#savedAt = this.#clock.monotonic();
    try {
      await makeDirectory(dirname(this.#path));
      await writeDurable(this.#path, JSON.stringify(this.#node));
    } catch (cause) {
      const { code, message } = asBftError(cause, 'DISK_WRITE', this.#path);
      this.#log.warn({ code }, `the rates that were seen are not kept: ${message}`);
    }
  }
}

function more(before: readonly Seen[] = [], { limit, bytes, ms, isHeld }: Stretch): readonly Seen[] {
  const same = before.find(seen => seen.limit === limit) ?? { bytes: 0, ms: 0, heldMs: 0 };
  const kept = 0.5 ** (ms / HALF_LIFE_MS);
  const seen = {
    ...(limit === undefined ? {} : { limit }),
    bytes: same.bytes * kept + bytes,
    ms: same.ms * kept + ms,
    heldMs: same.heldMs * kept + (isHeld ? ms : 0),
  };
  return [...before.filter(other => other !== same), seen].slice(-MOST_LIMITS);
}

/** For the most part: when it begins a fetch is slow. */
const isHeld = ({ limit, ms, heldMs }: Seen) => limit !== undefined && heldMs > ms / 2;
const rateOf = ({ bytes, ms }: Seen) => (bytes / ms) * 1000;
