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

/** Bytes, and the ms in which they came; both fade. */
interface Seen {
  readonly bytes: number;
  readonly ms: number;
}

const number = Type.Number({ minimum: 0 });
const seen = Type.Optional(Type.Object({ bytes: number, ms: number }));
const check = validator(Type.Object({ bt: seen, obs: seen, cdn: seen }));

type ByMethod = Partial<Record<Method, Seen>>;

/** How fast the methods were on this node: each task's own rate while it is fetched, and the node's, which outlives restarts. */
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
  readonly note = ({ task, method, bytes, ms, isLast }: Stretch): void => {
    if (ms <= 0) return;
    const own = this.#tasks.get(task) ?? {};
    this.#tasks.set(task, { ...own, [method]: more(own[method], bytes, ms) });
    this.#node = { ...this.#node, [method]: more(this.#node[method], bytes, ms) };
    if (isLast || this.#clock.monotonic() - this.#savedAt >= SAVE_MS) this.#save();
  };

  /** Bytes per second that the method brings to the task, as far as that can be said: its own rate once it ran for a minute, else the node's. */
  rate(task: string, method: Method): number | undefined {
    return rateOf(this.#tasks.get(task)?.[method], OWN_MS) ?? rateOf(this.#node[method], NODE_MS);
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

function more(before: Seen = { bytes: 0, ms: 0 }, bytes: number, ms: number): Seen {
  const kept = 0.5 ** (ms / HALF_LIFE_MS);
  return { bytes: before.bytes * kept + bytes, ms: before.ms * kept + ms };
}

function rateOf(seen: Seen | undefined, leastMs: number): number | undefined {
  return seen && seen.ms >= leastMs ? (seen.bytes / seen.ms) * 1000 : undefined;
}
