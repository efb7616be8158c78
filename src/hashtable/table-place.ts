/** Where a table is and what it serves. */
export interface TablePlace {
  /** The text. */
  readonly path: string;
  /** Only files below it are ever used. */
  readonly storage: string;
  /** What the node is: a table that was built for something else is not used (decision 30). Undefined: whatever it was built for. */
  readonly builtFor?: string | undefined;
}
