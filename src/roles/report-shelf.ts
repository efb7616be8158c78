import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { notThere } from '../core/errors.ts';
import { formatLocalTime } from '../core/units.ts';
import { validator } from '../core/validate.ts';
import { makeDirectory, removeDurable, renameDurable, writeAfresh } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { checkTaskFileName } from '../task/names.ts';
import type { DeliveryReport } from './delivery-report.ts';
import { deliveryText } from './delivery-text.ts';
import { readRecord } from './record-file.ts';

/** Earlier reports of a task that are kept. */
const EARLIER = 20;
const check = validator(Type.Object({ format: Type.Literal(1), times: Type.Object({ finished: Type.String() }) }));

/**
 * The delivery reports, beside the state directories: `<task>.json` and `<task>.txt`; those of earlier deliveries of a task in `earlier/<task>/`. Nothing
 * but a newer delivery moves them: they are the proof of what came, also when the task is long gone. The JSON is written last: it stands for both.
 */
export class ReportShelf {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Durable when it resolves. What was written of an earlier delivery is put aside. */
  async save(report: DeliveryReport): Promise<void> {
    await makeDirectory(this.#root);
    await this.#putAside(report.task);
    await writeAfresh(this.#path(report.task, '.txt'), deliveryText(report));
    await writeAfresh(this.#path(report.task, '.json'), `${JSON.stringify(report, null, 1)}\n`);
  }

  /** Whether the delivery that was finished at that time has its report. */
  async has(name: string, finished: string): Promise<boolean> {
    // A damaged one is made anew.
    const kept = await readRecord(this.#path(name, '.json'), check, 'SOURCE_UNREADABLE').catch(() => undefined);
    return kept?.times.finished === finished;
  }

  /** Whether there is one of a task, of whichever delivery. */
  isReported(name: string): Promise<boolean> {
    return exists(this.#path(checkTaskFileName(name), '.json'));
  }

  /** The latest one of a task. Undefined: there is none. Throws NAME_UNSAFE, SOURCE_UNREADABLE. */
  async report(name: string): Promise<{ readonly json: object; readonly text: string } | undefined> {
    const json = await readRecord(this.#path(checkTaskFileName(name), '.json'), check, 'SOURCE_UNREADABLE');
    const text = json && (await readFile(this.#path(name, '.txt'), 'utf8').catch(notThere));
    return json && { json, text: text ?? '' };
  }

  #path(name: string, ending: string): string {
    return join(this.#root, `${stemOf(name)}${ending}`);
  }

  async #putAside(name: string): Promise<void> {
    const info = await stat(this.#path(name, '.json')).catch(notThere);
    if (!info) return;
    const directory = join(this.#root, 'earlier', stemOf(name));
    await makeDirectory(directory);
    const time = timeOf(info.mtimeMs);
    for (const ending of ['.txt', '.json']) {
      const path = this.#path(name, ending);
      if (await exists(path)) await renameDurable(path, join(directory, `${time}${ending}`));
    }
    const reports = (await readdir(directory)).filter(entry => entry.endsWith('.json')).sort();
    for (const old of reports.slice(0, -EARLIER)) {
      await removeDurable(join(directory, old.replace(/json$/, 'txt')));
      await removeDurable(join(directory, old));
    }
  }
}

/** `20261121-204500-123` */
const timeOf = (ms: number) =>
  `${formatLocalTime(ms).replaceAll(/[-:]/g, '').replace(' ', '-')}-${String(Math.floor(ms % 1000)).padStart(3, '0')}`;

const stemOf = (name: string) => name.replace(/\.task\.json$/, '');
