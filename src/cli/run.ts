import type { Call } from './call.ts';
import { EXIT } from './exit-codes.ts';
import { tellFailure } from './failure.ts';
import { COMMANDS } from './table/commands.ts';
import { type CommandEntry, type RawEntry, synopsis } from './table/entry.ts';

/** One command line of `bft`; resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const entry = COMMANDS.find(({ name }) => name === args[0]);
  try {
    if (entry && 'loadRaw' in entry) return await runRaw(entry, args.slice(1));
    const { parseCommandLine } = await import('./program.ts');
    const parsed = await parseCommandLine(args, COMMANDS);
    if (parsed === 'told') return EXIT.ok;
    return await runParsed(await parsed.entry.load(), parsed.call);
  } catch (error) {
    const code = tellFailure(error, { usage: usageOf(args), json: args.includes('--json') });
    // Scripts know these commands from before there were codes for more.
    return entry && 'loadRaw' in entry && code !== EXIT.usage ? EXIT.other : code;
  }
}

async function runRaw(entry: RawEntry, args: readonly string[]): Promise<number> {
  if (!args.includes('--help')) return await (await entry.loadRaw())(args);
  const { helpOf } = await import('./program.ts');
  process.stdout.write(helpOf(COMMANDS, entry.name));
  return EXIT.ok;
}

async function runParsed(command: (call: Call) => Promise<number | void>, call: Omit<Call, 'signal'>): Promise<number> {
  const ending = new AbortController();
  // A second Ctrl-C ends the process at once.
  process.once('SIGINT', () => ending.abort());
  // Who reads has gone, as after `| head`: there is nobody to go on for.
  process.stdout.on('error', () => ending.abort());
  try {
    return (await command({ ...call, signal: ending.signal })) ?? EXIT.ok;
  } catch (error) {
    if (ending.signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

function usageOf(args: readonly string[]): string {
  const named = (entry: CommandEntry) => entry.name === args[0];
  const entry = COMMANDS.find(named);
  return entry
    ? `bft ${entry.name} ${synopsis(entry)}`
    : 'bft COMMAND [OPTION]... [ARGUMENT]... (bft --help lists them)';
}
