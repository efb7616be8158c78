import type { Run } from '../call.ts';

/** What a value is, for completion and the man pages. */
export type Kind = 'task' | 'file' | 'directory' | 'text' | readonly string[];

export interface OptionEntry {
  /** Without its dashes. */
  readonly name: string;
  /** What stands for the value in the help; absent: a switch. */
  readonly value?: string;
  readonly kind?: Kind;
  readonly default?: string;
  readonly text: string;
}

export interface ArgumentEntry {
  readonly name: string;
  readonly kind: Kind;
  readonly isOptional?: boolean;
  readonly isMany?: boolean;
  readonly text: string;
}

/**
 * One sub-command. Help, completion and man pages are made of this and of nothing else. `load` fetches the code when it is called: a start loads
 * no other command's.
 */
interface Described {
  /** One word, or two (`config check`). */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description?: readonly string[];
  readonly args?: readonly ArgumentEntry[];
  readonly options?: readonly OptionEntry[];
  /** A command line and what it does. */
  readonly examples?: readonly (readonly [line: string, text: string])[];
}

export interface ParsedEntry extends Described {
  readonly load: () => Promise<Run>;
}

/** Reads its own arguments, and ends with 0, 1 or 2 only, as scripts know it. */
export interface RawEntry extends Described {
  readonly loadRaw: () => Promise<(args: readonly string[]) => Promise<number>>;
}

export type CommandEntry = ParsedEntry | RawEntry;

/** `[--listen HOST:PORT] [DIR]`; many options are told as `[OPTION]...`. */
export function synopsis({ options = [], args = [] }: CommandEntry): string {
  const MANY = 3;
  const terms = options.map(option => `[${optionTerm(option)}]`);
  return [...(terms.length > MANY ? ['[OPTION]...'] : terms), ...args.map(argumentTerm)].join(' ');
}

export const optionTerm = ({ name, value }: OptionEntry): string =>
  `--${name}${value === undefined ? '' : ` ${value}`}`;

function argumentTerm({ name, isOptional = false, isMany = false }: ArgumentEntry): string {
  const term = isMany ? `${name}...` : name;
  return isOptional ? `[${term}]` : term;
}
