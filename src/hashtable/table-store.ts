import { dirname } from 'node:path';
import { type FileState, isSameState } from '../disk/file-state.ts';
import { databaseOf } from './recorded.ts';
import { type HashRow, fitsLine, lineOf } from './rows.ts';
import { STANDING, TableDatabase } from './table-database.ts';
import { type FileRow, TableFiles } from './table-files.ts';
import { importText } from './table-import.ts';
import { appendLines, makeDirectory, rewrite, stampOf } from './table-text.ts';

/** Bytes of a text that is cheap to write anew, and the share of its lines that may be dead in a larger one. */
const SMALL = 1024 * 1024;
const DEAD_SHARE = 1 / 16;
/** People write to the text at the same moment. */
const TRIES = 5;

/** What happened beside a question, for the log. */
export interface TableNotes {
  /** Lines of the text that cannot be read, when it was taken in. */
  bad?: number;
  /** People changed the text, and it was taken in. */
  isImported?: boolean;
  /** Why the database was begun anew. */
  renewed?: string;
  /** What the table was built for, when that is not what the node is (decision 30). */
  foreign?: string;
}

/** Somebody else wrote to the text while it was written to. */
class Raced extends Error {}

/**
 * The text that people edit and the database that finds in it, kept alike. The text is the truth for people: whenever it is not the one that was written
 * last it is taken in again. Lines are appended and synced before the database knows of them, and it knows the text only as of its own last write, so
 * after a crash at any moment the text is taken in again, too. Synchronous, for a thread of its own.
 */
export class TableStore {
  readonly path: string;
  readonly files: TableFiles;
  readonly db: TableDatabase;
  notes: TableNotes = {};
  #lines: string[] = [];
  /** By how much the dead lines of the text change in this transaction. */
  #dead = 0;

  constructor(path: string) {
    this.path = path;
    makeDirectory(dirname(path));
    this.db = new TableDatabase(databaseOf(path));
    this.files = new TableFiles(this.db);
  }

  close(): void {
    this.db.close();
  }

  /** Before a question: whatever people did to the text is known after it. */
  refresh(): void {
    // Another process may have purged it, and its number be another directory's.
    this.files.forgetLast();
    if (this.#isCurrent()) return;
    this.db.transaction(() => this.#takeIn());
  }

  /** Whether the table was built for another kind of node: then it is not used until it is made anew. Without such an idea it is never foreign. */
  isForeign(builtFor: string | undefined): boolean {
    if (builtFor === undefined) return false;
    const was = this.db.meta('builtFor');
    if (was === undefined) this.db.setMeta('builtFor', builtFor);
    if (was === undefined || was === builtFor) return false;
    this.notes.foreign = was;
    return true;
  }

  /** All or nothing, text and database. Durable when it returns. */
  change<T>(work: () => T): T {
    for (let tries = 1; ; tries++) {
      try {
        return this.db.transaction(() => {
          this.files.forgetLast();
          this.#takeIn();
          this.#lines = [];
          this.#dead = 0;
          const result = work();
          this.#write();
          return result;
        });
      } catch (error) {
        this.files.forgetLast();
        if (!(error instanceof Raced) || tries === TRIES) throw error;
      }
    }
  }

  /** Within a change: the row is listed from now on. `isHashed`: this node hashed it; else somebody tells the hash. */
  enter(row: HashRow, isHashed: boolean, state: FileState | undefined): void {
    if (!fitsLine(row)) return;
    const old = this.files.row(row.path);
    if (!old) {
      this.#lines.push(lineOf(row));
      this.files.insert(row, isHashed, state);
      return;
    }
    const isSame = old.sha1 === row.sha1;
    const isKept = isSame && old.isHashed && old.state && state && isSameState(old.state, state);
    this.#line(row, old, isSame);
    const next = { sha1: row.sha1, standing: STANDING.listed, isHashed: isHashed || isKept === true, state };
    if (!isSame || old.standing !== STANDING.listed || state) this.files.update(old.id, next);
  }

  #line(row: HashRow, old: FileRow, isSame: boolean): void {
    if (isSame && old.standing === STANDING.listed) return;
    if (isSame && old.standing === STANDING.dead) {
      this.#dead -= 1;
      return;
    }
    this.#lines.push(lineOf(row));
    if (old.standing === STANDING.listed) this.#dead += 1;
  }

  /** Within a change: the row is not listed any more; its line goes with the next compaction. `state`: what it is remembered with. */
  leave({ id, sha1, isHashed, standing }: FileRow, state: FileState | undefined): void {
    if (standing === STANDING.listed) this.#dead += 1;
    this.files.update(id, { sha1, isHashed, state, standing: standing === STANDING.listed ? STANDING.dead : standing });
  }

  /** Those of these that are listed and wrong are not any more, in one change; they may come back: what the files were is kept. Gives how many. */
  leaveAll(paths: readonly string[], isWrong: (row: FileRow & HashRow) => boolean): number {
    if (paths.length === 0) return 0;
    return this.change(() => {
      let left = 0;
      for (const path of paths) {
        // Another process may have been here between the listing and the change.
        const row = this.files.row(path);
        if (row?.standing !== STANDING.listed || !isWrong({ ...row, path })) continue;
        this.leave(row, row.state);
        left += 1;
      }
      return left;
    });
  }

  /** Writes the text anew without what is dead, if that is worth it or wanted; bad lines go, too. */
  compact(isWanted: boolean): void {
    if (!isWanted && this.number('dead') === 0) return;
    this.change(() => {
      const dead = this.number('dead');
      const isWorth = dead > 0 && (this.#size() < SMALL || dead > this.number('lines') * DEAD_SHARE);
      if (isWanted || isWorth) this.#rewrite();
    });
  }

  /** A number that is kept beside the rows. */
  number(key: 'lines' | 'dead' | 'bad'): number {
    return Number(this.db.meta(key) ?? 0);
  }

  count(where: string, ...values: number[]): number {
    return Number(this.db.get(`SELECT count(*) AS count FROM ${where}`, ...values)?.count);
  }

  #size(): number {
    return Number(this.db.meta('text')?.split(':')[0]);
  }

  #isCurrent(): boolean {
    return stampOf(this.path) === this.db.meta('text');
  }

  #takeIn(): void {
    // What changes while it is read is read again at the next question.
    const stamp = stampOf(this.path);
    if (stamp === this.db.meta('text')) return;
    const { lines, bad } = importText(this.db, this.files, this.path, this.number('bad'));
    if (bad > 0) this.notes.bad = bad;
    this.notes.isImported = true;
    this.#note(stamp, { lines, bad, dead: lines - this.count(`file WHERE standing = ${STANDING.listed}`) });
  }

  #write(): void {
    if (this.#lines.length === 0 && this.#dead === 0) return;
    const stamp = this.#lines.length === 0 ? undefined : appendLines(this.path, this.#lines);
    if (stamp === undefined && this.#lines.length > 0) throw new Raced(`somebody else writes to ${this.path}`);
    const [lines, dead] = [this.number('lines') + this.#lines.length, this.number('dead') + this.#dead];
    this.#note(stamp, { lines, dead, bad: this.number('bad') });
  }

  #rewrite(): void {
    let lines = 0;
    const { files } = this;
    const text = function* () {
      for (const row of files.all()) {
        lines += 1;
        yield lineOf(row);
      }
    };
    const stamp = rewrite(this.path, this.db.meta('text') ?? '', text());
    if (stamp === undefined) throw new Raced(`somebody else writes to ${this.path}`);
    this.db.run(`UPDATE file SET standing = ${STANDING.gone} WHERE standing = ${STANDING.dead}`);
    this.#note(stamp, { lines, bad: 0, dead: 0 });
  }

  #note(stamp: string | undefined, numbers: { lines: number; bad: number; dead: number }): void {
    if (stamp !== undefined) this.db.setMeta('text', stamp);
    for (const [key, value] of Object.entries(numbers)) this.db.setMeta(key, value);
  }
}
