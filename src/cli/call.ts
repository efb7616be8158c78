/** What a sub-command was called with. */
export interface Call {
  readonly args: readonly string[];
  /** Value of an option; undefined: not given. */
  readonly text: (option: string) => string | undefined;
  readonly flag: (option: string) => boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code, 0 when with none. Throws BftError and Refusal. */
export type Run = (call: Call) => Promise<number | void>;
