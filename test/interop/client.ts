import type { Command } from './foreign-process.ts';

/** Where a foreign client works. */
export interface Place {
  readonly torrentPath: string;
  /** Name of the package, which is a directory. */
  readonly name: string;
  /** The directory that holds the package, or will. */
  readonly directory: string;
  /** A directory of its own for its settings and its state. */
  readonly home: string;
  /** A loopback address that no other peer has, and the port for peers. */
  readonly address: string;
  readonly port: number;
}

export type Protocol = 'http' | 'udp';

/** A foreign BitTorrent client. It finds peers by the tracker only, and reaches nothing outside of this machine. */
export interface Client {
  readonly name: string;
  /** Prints its version. */
  readonly version: Command;
  /** The kinds of tracker that it can use. */
  readonly protocols: readonly Protocol[];
  /** It takes loopback addresses for wrong ones: it dials none, and has to be dialled. */
  readonly onlyIsDialled?: true;
  /** It makes no empty files. */
  readonly skipsEmptyFiles?: true;
  /** How it is started to fetch a package that is not there. */
  fetch(place: Place, protocol: Protocol): Promise<Command>;
  /** How it is started to serve a package that is there. */
  seed(place: Place, protocol: Protocol): Promise<Command>;
  /** What it prints when it has fetched everything; undefined: it ends. */
  readonly completeText?: RegExp;
}
