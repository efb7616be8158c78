/** Tells the person at the terminal what happens, on standard error. */
export interface View {
  /** A line that stays. */
  stage(text: string): void;
  /** How far the present stage is: `lines` for a terminal, which redraws them, `sentence` for a log. */
  progress(lines: readonly string[], sentence: string): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}
