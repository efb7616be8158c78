import { constants } from 'node:os';
import { systemClock } from '../core/clock.ts';
import { DemoFailure, Interrupted, UsageFailure } from './failure.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { Fleet } from './process/fleet.ts';
import { jsonFailure, jsonReport } from './report/json.ts';
import { type Outcome, succeeded } from './report/outcome.ts';
import { tableReport } from './report/table.ts';
import { type DemoParts, runDemo } from './run.ts';
import { plainView } from './view/plain-view.ts';
import { terminalView } from './view/terminal-view.ts';
import type { View } from './view/view.ts';
import { Workspace } from './workspace.ts';

const USAGE_CODE = 2;
const IMPATIENCE_MS = 1_000;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const interruption = interruptions();
  const began = systemClock.monotonic();
  try {
    const outcome = await cleaned(options, interruption);
    process.stdout.write(options.json ? `${JSON.stringify(jsonReport(outcome))}\n` : tableReport(outcome));
    return succeeded(outcome) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageFailure) throw error;
    const seconds = (systemClock.monotonic() - began) / 1000;
    if (options.json) process.stdout.write(`${JSON.stringify(jsonFailure(options, seconds, words(error)))}\n`);
    throw error;
  }
}

/** Runs the demo and leaves nothing behind, however it ends. */
async function cleaned(options: Options, interruption: AbortSignal): Promise<Outcome> {
  const parts: DemoParts = { workspace: await Workspace.open(options.dir), fleet: new Fleet(), view: openView() };
  const { workspace, fleet, view } = parts;
  const lastMoment = () => {
    fleet.kill();
    if (!options.keep) workspace.removeNow();
  };
  process.once('exit', lastMoment);
  try {
    return await runDemo(options, parts, AbortSignal.any([interruption, fleet.death]));
  } finally {
    view.close();
    await fleet.stop();
    if (options.keep) process.stderr.write(`Kept: ${workspace.root}\n`);
    else await workspace.remove();
    process.off('exit', lastMoment);
  }
}

function openView(): View {
  // Some pseudo-terminals are 0 columns wide: no room for bars.
  if (process.stderr.isTTY && process.stderr.columns > 0) return terminalView(process.stderr);
  return plainView(line => process.stderr.write(`${line}\n`), systemClock);
}

/**
 * Aborts at the first signal. One that comes later does not wait for the clean-up: 'exit' does it the hard way. Not at once, since
 * npm passes a Ctrl-C on that the terminal has given to everybody.
 */
function interruptions(): AbortSignal {
  const controller = new AbortController();
  let impatientFrom = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (systemClock.monotonic() > impatientFrom) process.exit(128 + constants.signals[signal]);
      if (controller.signal.aborted) return;
      impatientFrom = systemClock.monotonic() + IMPATIENCE_MS;
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exitCode(error: unknown): number {
  if (error instanceof UsageFailure) return USAGE_CODE;
  return error instanceof Interrupted ? 128 + constants.signals[error.signal] : 1;
}

// A terminal that was closed, or a reader that went away, is no reason to leave processes behind: the demo goes on, unread.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = exitCode(error);
  const hint = error instanceof UsageFailure ? '; --help shows the options' : '';
  const told = error instanceof DemoFailure ? error.message + hint : error;
  console.error(told);
}
process.exit();
