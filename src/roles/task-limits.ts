import { dirname } from 'node:path';
import { Type } from 'typebox';
import type { Startable } from '../core/lifecycle.ts';
import { validator } from '../core/validate.ts';
import { makeDirectory, writeDurable } from '../disk/durable.ts';
import type { Limits } from '../transfer/rate-limits.ts';
import { readRecord } from './record-file.ts';

const rate = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const check = validator(
  Type.Record(Type.String(), Type.Object({ down: Type.Optional(rate), up: Type.Optional(rate) })),
);

/** Limits that were set for single tasks; they outlive restarts. */
export class TaskLimits implements Startable {
  readonly name = 'task limits';
  readonly #path: string;
  /** Whether the node still has a task of this name. */
  readonly #isKnown: (task: string) => Promise<boolean>;
  #limits: Readonly<Record<string, Partial<Limits>>> = {};
  #saving: Promise<void> = Promise.resolve();

  constructor(path: string, isKnown: (task: string) => Promise<boolean>) {
    this.#path = path;
    this.#isKnown = isKnown;
  }

  async start(): Promise<void> {
    this.#limits = (await readRecord(this.#path, check, 'CONFIG_INVALID')) ?? {};
  }

  stop(): Promise<void> {
    return this.#saving;
  }

  /** What was set; the rest is the configuration's. */
  of(task: string): Partial<Limits> {
    return (Object.hasOwn(this.#limits, task) ? this.#limits[task] : undefined) ?? {};
  }

  /** What is left out is the configuration's. Durable when it resolves; the limits of tasks that are gone go with it. */
  set(task: string, limits: Partial<Limits>): Promise<void> {
    const saving = this.#saving.then(() => this.#set(task, limits));
    this.#saving = saving.catch(() => {});
    return saving;
  }

  async #set(task: string, limits: Partial<Limits>): Promise<void> {
    const kept: Record<string, Partial<Limits>> = {};
    for (const [name, own] of Object.entries(this.#limits)) {
      if (name !== task && (await this.#isKnown(name))) kept[name] = own;
    }
    if (Object.keys(limits).length > 0) kept[task] = limits;
    await makeDirectory(dirname(this.#path));
    await writeDurable(this.#path, JSON.stringify(kept));
    this.#limits = kept;
  }
}
