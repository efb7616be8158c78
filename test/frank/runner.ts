import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Context, createContext, runInContext } from 'node:vm';
import { ask } from './ask.ts';
import { type Exchange, parseCaseFile, type Script } from './case-file.ts';

const TIMEOUT_MS = 10_000;

/** What a case wants to be `true` is not. */
export class MustFailed extends Error {}
class Exit extends Error {}

export interface RunOptions {
  /** Global variables that are there before the init part runs. */
  readonly preset: Readonly<Record<string, string>>;
  /** Pause after every exchange, ms. */
  readonly pauseMs: number;
  readonly log: (line: string) => void;
}

/** Runs a case file (F-001 … F-010). Throws what goes wrong, with file, line and case in front; a `must` that is not met is a MustFailed. */
export async function runCaseFile(path: string, { preset, pauseMs, log }: RunOptions): Promise<void> {
  const { init, exchanges } = parseCaseFile(await readFile(path, 'utf8'));
  const context = createContext({ ...preset, ...functions(log) });
  try {
    run(context, init, path, 'init');
    if (typeof context.url !== 'string') throw new Error(`${path}: the init part must define url`);
    for (const exchange of exchanges) {
      await runExchange(context, exchange, path);
      log(`ok ${exchange.name}`);
      await delay(pauseMs);
    }
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
}

/** F-010. Scripts of a case see nothing else of this program. */
const functions = (log: (line: string) => void) => ({
  must(condition: unknown) {
    if (condition !== true) throw new MustFailed('must is not met');
  },
  exit() {
    throw new Exit();
  },
  md5: (text: unknown) => createHash('md5').update(String(text)).digest('hex'),
  base64encode: (text: unknown) => Buffer.from(String(text)).toString('base64'),
  base64decode: (text: unknown) => Buffer.from(String(text), 'base64').toString(),
  console: { log: (...words: unknown[]) => log(words.map(String).join(' ')) },
});

async function runExchange(context: Context, exchange: Exchange, path: string): Promise<void> {
  const { name, method, request, response } = exchange;
  // F-006: new for every request; all other variables live on (F-009).
  Object.assign(context, { header: { 'User-Agent': 'frank' }, boundary: '', query: {}, form: {}, json: {} });
  Object.assign(context, { bodyRaw: '', bodyFile: '' });
  run(context, request, path, name);
  Object.assign(
    context,
    await ask(context, method, exchange.path).catch((cause: unknown) => told(cause, path, request.line, name)),
  );
  run(context, response, path, name);
}

function run(context: Context, { line, text }: Script, path: string, name: string): void {
  try {
    runInContext(text, context, { filename: path, lineOffset: line - 1, timeout: TIMEOUT_MS });
  } catch (cause) {
    told(cause, path, line, name);
  }
}

/** Errors of the scripts are of another realm: only their stack says in which line they were thrown. */
function told(cause: unknown, path: string, line: number, name: string): never {
  if (cause instanceof Exit) throw cause;
  const { message = String(cause), stack = '' } = cause as { message?: string; stack?: string };
  const at = stack
    .split('\n')
    .find(row => row.includes(`${path}:`))
    ?.match(/:(\d+)/g);
  const text = `${path}${at?.[0] ?? `:${line}`}: ${name}: ${message}`;
  throw cause instanceof MustFailed ? new MustFailed(text, { cause }) : new Error(text, { cause });
}
