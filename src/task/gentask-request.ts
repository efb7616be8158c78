/** Parameters of gentask (BG-01). Empty optional ones take the configuration's value. */
export interface GentaskRequest {
  readonly dcppath: string;
  readonly taskfile: string;
  readonly basesubdir: string;
  readonly btobscdn: string;
  readonly policy: string;
  readonly tracker?: string | undefined;
  /** Hours. */
  readonly seedtime?: string | undefined;
  readonly datasource?: string | undefined;
  readonly obsurl?: string | undefined;
  readonly ak?: string | undefined;
  readonly sk?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Local time, `YYYY-MM-DD HH:MM:SS`. */
  readonly deadline?: string | undefined;
  readonly deloldtorrent: boolean;
}
