/** How much a finding matters: an error is a package that will not play as it is, a warning one that may not, a note is for who looks closer. */
type Severity = 'error' | 'warning' | 'note';

/** `incomplete`: another package, its original version (OV), is needed to play it. `unsupported`: it has what is not checked here. */
export type Verdict = 'valid' | 'incomplete' | 'unsupported' | 'broken';

interface Kind {
  readonly severity: Severity;
  /** What a single such finding makes of the package. */
  readonly verdict: Verdict;
  /** What to do about it. */
  readonly next: string;
}

const broken = (next: string) => ({ severity: 'error', verdict: 'broken', next }) as const;
const unsupported = (next: string) => ({ severity: 'error', verdict: 'unsupported', next }) as const;
const warning = (next: string) => ({ severity: 'warning', verdict: 'valid', next }) as const;
const note = (next: string) => ({ severity: 'note', verdict: 'valid', next }) as const;

const ASK_ANEW = 'Have the package made anew by who mastered it.';
const FETCH_ANEW = 'Copy or receive the package again; if the sender has it the same way, ask for a new one.';
const OTHER_TOOL = 'Check it with the tool that made it.';

/** The registry of findings. docs/PACKAGE-CHECK.md has a section per code; a test holds the two together. */
export const FINDINGS = {
  MAP_TWICE: broken(ASK_ANEW),
  MAP_NAME: broken(ASK_ANEW),
  XML_INVALID: broken(FETCH_ANEW),
  XML_DOCTYPE: broken(ASK_ANEW),
  XML_LIMIT: unsupported(OTHER_TOOL),
  ROOT_UNKNOWN: broken(ASK_ANEW),
  NAMESPACE_UNKNOWN: unsupported(OTHER_TOOL),
  STANDARDS_MIXED: broken(ASK_ANEW),
  VOLUMES: unsupported('Copy all volumes into one package, as the tool that made them does.'),
  VOLUME_INDEX_MISSING: warning(ASK_ANEW),
  CHUNKS: unsupported(OTHER_TOOL),
  CHUNK_OFFSET: unsupported(OTHER_TOOL),
  CHUNK_LENGTH: warning(ASK_ANEW),
  ID_INVALID: broken(ASK_ANEW),
  ID_TWICE: broken(ASK_ANEW),
  PATH_REFUSED: broken(ASK_ANEW),
  PATH_TWICE: note('Nothing: the file has several ids.'),
  PATH_LINK: broken('Put the file itself into the place of the link.'),
  NAME_REFUSED: broken('Rename the named entry, or remove it.'),
  PKL_NONE: broken(ASK_ANEW),
  PKL_ID: broken(ASK_ANEW),
  PKL_ENTRY: broken(ASK_ANEW),
  ASSET_UNMAPPED: broken(ASK_ANEW),
  ASSET_UNLISTED: warning('Nothing vouches for this file: compare it with the source.'),
  FILE_MISSING: broken(FETCH_ANEW),
  FILE_UNREADABLE: broken('Check the disk and the permissions of the named file.'),
  FILE_CHANGED: broken('Wait until nothing writes to the package, then check again.'),
  SIZE_DIFFERS: broken(FETCH_ANEW),
  HASH_DIFFERS: broken(FETCH_ANEW),
  HASH_ABSENT: warning('Nothing vouches for this file: compare it with the source.'),
  HASH_UNCHECKED: note('Check again without --no-hash to have all bytes read.'),
  CPL_NONE: warning('Look whether a package of this kind is meant to have no composition, as fonts or supplements.'),
  CPL_UNKNOWN: note(OTHER_TOOL),
  CPL_HASH: broken(ASK_ANEW),
  CPL_UNLISTED: broken(ASK_ANEW),
  OV_REQUIRED: { severity: 'warning', verdict: 'incomplete', next: 'Ingest the original version (OV), too.' },
  FILE_UNMAPPED: warning('Remove the file if it is not meant to be there: some servers refuse such a package.'),
  FILE_HIDDEN: warning('Remove the file: some servers refuse such a package.'),
  DIRECTORY_EMPTY: note('Nothing: players do not look at it, and transfers do not carry it.'),
} as const satisfies Record<string, Kind>;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Relative to the package; '' for the package itself. */
  readonly file: string;
  /** For people. */
  readonly text: string;
}

/** Of each code so many are kept; a hostile or a large package may have a hundred thousand of them. */
const KEPT = 200;
const LONGEST_TEXT = 1000;
const WORST: readonly Verdict[] = ['valid', 'incomplete', 'unsupported', 'broken'];

/** What is found. Texts from the package are made harmless for terminals. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();
  #worst = 0;

  add(code: FindingCode, file: string, text: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    const { severity, verdict } = FINDINGS[code];
    this.#worst = Math.max(this.#worst, WORST.indexOf(verdict));
    if (count <= KEPT) this.#kept.push({ code, severity, file: shown(file), text: shown(text) });
  }

  get verdict(): Verdict {
    return WORST[this.#worst] ?? 'broken';
  }

  /** Errors first. */
  get all(): Finding[] {
    const rank = ({ severity }: Finding) => ['error', 'warning', 'note'].indexOf(severity);
    return this.#kept.toSorted((a, b) => rank(a) - rank(b));
  }

  /** How many were found, by code. */
  get counts(): Partial<Record<FindingCode, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** Without characters that could steer a terminal or turn a line round; cut if it is very long. */
export function shown(text: string): string {
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return cut.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
