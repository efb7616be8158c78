import type { Call } from '../call.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { COMMANDS } from '../table/commands.ts';

const SCRIPTS: Record<string, typeof bashCompletion> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Prints the script; it has to be installed where the shell looks. */
export async function completion(call: Call): Promise<void> {
  const [shell = ''] = call.args;
  process.stdout.write(SCRIPTS[shell]?.(COMMANDS) ?? '');
}
