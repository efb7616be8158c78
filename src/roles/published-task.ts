import { dirname } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory, removeDurable, writeAfresh } from '../disk/durable.ts';
import type { SendingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import { Layout, publishedUrl } from '../task/layout.ts';
import { serializeTaskFile, type TaskFile } from '../task/task-file.ts';

/** What a sender publishes of a task beside its torrents, for as long as it serves it: the task file, without keys (decision 19). */
export class PublishedTask {
  readonly #store: TaskStore<SendingState>;
  readonly #log: Logger;
  readonly #config: () => Config;

  constructor({ store, log }: { store: TaskStore<SendingState>; log: Logger }, config: () => Config) {
    this.#store = store;
    this.#log = log;
    this.#config = config;
  }

  /** Receivers of a task that carries keys get it by another way. A task file that cannot be written costs nobody the service. */
  async add(name: string, task: TaskFile): Promise<void> {
    if (this.#config().obscredentials === 'keys') return;
    const path = this.#layout(task).publishedTaskPath(name);
    try {
      await makeDirectory(dirname(path));
      await writeAfresh(path, serializeTaskFile(this.#withoutKeys(name, task)));
    } catch (error) {
      this.#log.error({ task: name, err: error }, 'the task file cannot be published');
    }
  }

  /** The service is over. Another task that names the same list of signed addresses goes on with it. */
  async remove(name: string, task: TaskFile): Promise<void> {
    await this.removeTask(name, task);
    if (!(await this.#isListShared(name, task))) await removeDurable(this.#listPath(name, task));
  }

  /** The task is not ready any more. */
  async removeTask(name: string, task: TaskFile): Promise<void> {
    await removeDurable(this.#layout(task).publishedTaskPath(name));
  }

  async #isListShared(name: string, task: TaskFile): Promise<boolean> {
    const path = this.#listPath(name, task);
    for (const state of ['uploading', 'uploaded'] as const) {
      for (const other of await this.#store.list(state)) {
        if (other === name) continue;
        const found = await this.#store.read(state, other).catch(() => undefined);
        if (found && this.#listPath(other, found) === path) return true;
      }
    }
    return false;
  }

  /** What a receiver cannot sign itself it finds in the list. */
  #withoutKeys(name: string, task: TaskFile): TaskFile {
    const { ak: _1, sk: _2, endpoint: _3, obsak: _4, obssk: _5, obsendpoint: _6, ...obs } = task.obs;
    const isInBucket = task.obslist.length > 0 || (obs.upload === 'all' && obs.url);
    if (!isInBucket || obs.signedlist !== undefined) return { ...task, obs };
    const { senderdomain, basedatapath } = this.#config();
    const signedlist = publishedUrl(senderdomain, basedatapath, this.#listPath(name, task));
    return { ...task, obs: { ...obs, signedlist } };
  }

  #listPath(name: string, task: TaskFile): string {
    return this.#layout(task).signedListPath(name, task.obs.signedlist);
  }

  #layout({ basesubdir, name }: TaskFile): Layout {
    return Layout.at(this.#config().basedatapath, basesubdir, name);
  }
}
