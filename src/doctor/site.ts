import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownNode } from '../config/own-node.ts';
import type { Config } from '../config/schema.ts';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { readTaskFile } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';
import { download } from '../transports/http/download.ts';
import { networkError } from '../transports/http/failures.ts';
import { checkUrl, createHttpClient } from '../transports/http/client.ts';

/** The latest ones of a state: what is wrong with one address is wrong for most. */
const MOST_TASKS = 20;
const ANSWER_MS = 8_000;

export interface SiteTask {
  readonly direction: 'sent' | 'received';
  readonly state: string;
  readonly name: string;
  readonly path: string;
  readonly task: TaskFile;
}

/** Task files that cannot be read. */
interface Unreadable {
  readonly path: string;
  readonly error: BftError;
}

/** What a server says the time is, and when it said so, ms. */
interface SeenClock {
  readonly address: string;
  readonly theirs: number;
  readonly ours: number;
}

/** The node that is examined, and what the checks learn of it. */
export class Site implements AsyncDisposable {
  readonly config: Config;
  readonly clocks: SeenClock[] = [];
  readonly #ending: AbortSignal;
  readonly #http = createHttpClient({ idleMs: ANSWER_MS });
  #tasks: Promise<{ tasks: SiteTask[]; unreadable: Unreadable[] }> | undefined;

  constructor(config: Config, ending: AbortSignal) {
    this.config = config;
    this.#ending = ending;
  }

  /** For one question. */
  signal(): AbortSignal {
    return AbortSignal.any([this.#ending, AbortSignal.timeout(ANSWER_MS)]);
  }

  /** The tasks that wait, move or are served here, the latest of each state. */
  async tasks(): Promise<SiteTask[]> {
    return (await this.#read()).tasks;
  }

  async unreadable(): Promise<Unreadable[]> {
    return (await this.#read()).unreadable;
  }

  /** The status and size that an address answers with. Throws SOURCE_UNREACHABLE, TLS_REFUSED, ADDRESS_REFUSED. */
  async head(address: string): Promise<{ status: number; size: number | undefined }> {
    const url = checkUrl(address);
    const ours = Date.now();
    const answer = await this.#http.head(url, { signal: this.signal() }).catch((error: unknown) => {
      throw networkError(error, url);
    });
    this.#seeClock(url.host, answer.headers.date, (ours + Date.now()) / 2);
    const length = answer.headers['content-length'];
    return { status: answer.statusCode, size: length === undefined ? undefined : Number(length) };
  }

  /** Throws what `head` throws, and SOURCE_REFUSES. */
  async bytes(address: string, limit: number): Promise<Uint8Array> {
    return await download(this.#http, address, limit, this.signal());
  }

  /** What the daemon of this node answers; undefined: it does not. `body` is undefined when it is no JSON. */
  async api(path: string): Promise<{ status: number; body: unknown } | undefined> {
    const { url, token, agent } = await ownNode(this.config);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await this.#http
      .get(url + path, { signal: this.signal(), headers, ...(agent ? { agent: { https: agent } } : {}) })
      .catch(() => undefined);
    return answer && { status: answer.statusCode, body: jsonOrNot(answer.body) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { http, https } = this.#http.defaults.options.agent as { http?: Closing; https?: Closing };
    http?.destroy();
    https?.destroy();
  }

  #seeClock(address: string, date: string | undefined, ours: number): void {
    const theirs = Date.parse(date ?? '');
    if (!Number.isNaN(theirs)) this.clocks.push({ address, theirs, ours });
  }

  #read() {
    this.#tasks ??= readTasks(this.config);
    return this.#tasks;
  }
}

function jsonOrNot(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

interface Closing {
  destroy(): void;
}

async function readTasks({ servertype, senderpath, receiverpath }: Config) {
  const tasks: SiteTask[] = [];
  const unreadable: Unreadable[] = [];
  const places = [
    ...(servertype === 'sender' ? (['queues', 'uploading', 'uploaded'] as const) : []).map(
      state => ({ direction: 'sent', state, root: senderpath }) as const,
    ),
    ...(['queues', 'downloading'] as const).map(
      state => ({ direction: 'received', state, root: receiverpath }) as const,
    ),
  ];
  for (const { direction, state, root } of places) {
    const directory = join(root, state);
    const names = await latest(directory).catch((error: unknown) => {
      unreadable.push({ path: directory, error: asBftError(error, 'INTERNAL', directory) });
      return [];
    });
    for (const name of names) {
      const path = join(directory, name);
      try {
        tasks.push({ direction, state, name, path, task: await readTaskFile(path) });
      } catch (error) {
        if (!(error instanceof BftError)) throw error;
        // It may have moved on meanwhile.
        if (error.code !== 'TASK_FILE_MISSING') unreadable.push({ path, error });
      }
    }
  }
  return { tasks, unreadable };
}

async function latest(directory: string): Promise<string[]> {
  const names = ((await readdir(directory).catch(notThere)) ?? []).filter(name => name.endsWith('.task.json'));
  const dated = await Promise.all(
    names.map(async name => ({ name, at: (await lstat(join(directory, name)).catch(notThere))?.mtimeMs ?? 0 })),
  );
  return dated
    .toSorted((a, b) => b.at - a.at)
    .slice(0, MOST_TASKS)
    .map(({ name }) => name);
}
