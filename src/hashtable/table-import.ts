import { parseRow } from './rows.ts';
import { SHA1_INDEX, STANDING, type TableDatabase } from './table-database.ts';
import { blobOf, type TableFiles } from './table-files.ts';
import { ABSENT, linesOf, stampOf } from './table-text.ts';

/** Numbers that were seen; a million take 125 kB. */
class Marks {
  #bits = new Uint8Array(1024);

  add(number: number): void {
    const at = number >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, 2 * this.#bits.length));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (number & 7));
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }
}

/** What a text has that was taken in. */
export interface Imported {
  /** Rows that can be read, and lines that cannot. */
  readonly lines: number;
  readonly bad: number;
}

/**
 * Brings the database to what the text says, inside a transaction, in bounded memory. The last line of a path counts. Rows that are the same keep what is
 * known of their files; rows that the text has no more were struck out by people. Without any text nobody struck out anything, and with more lines that
 * cannot be read than there were (`bad`) nobody knows which: those rows are gone, and come back with their files.
 */
export function importText(db: TableDatabase, files: TableFiles, path: string, bad: number): Imported {
  if (stampOf(path) === ABSENT) {
    db.run(`UPDATE file SET standing = ${STANDING.gone} WHERE standing IN (${STANDING.listed}, ${STANDING.dead})`);
    return { lines: 0, bad: 0 };
  }
  return db.withLargeCache(() => new TextImport(db, files).run(path, bad));
}

class TextImport {
  readonly #db: TableDatabase;
  readonly #files: TableFiles;
  readonly #seen = new Marks();
  #changes = 0;

  constructor(db: TableDatabase, files: TableFiles) {
    this.#db = db;
    this.#files = files;
  }

  run(path: string, badBefore: number): Imported {
    const isFirst = this.#db.get('SELECT id FROM file LIMIT 1') === undefined;
    // Made at once in the end it takes a fraction of the time.
    if (isFirst) this.#db.exec('DROP INDEX file_sha1');
    this.#db.exec(
      'CREATE TEMP TABLE IF NOT EXISTS change (file INTEGER PRIMARY KEY, sha1 BLOB NOT NULL) STRICT; DELETE FROM change',
    );
    let lines = 0;
    let bad = 0;
    for (const line of linesOf(path)) {
      const row = parseRow(line);
      if (row) this.#take(row.sha1, row.path);
      if (row) lines += 1;
      else if (line.trim() !== '') bad += 1;
    }
    this.#settle(bad > badBefore ? STANDING.gone : STANDING.struckOut);
    if (isFirst) this.#db.exec(SHA1_INDEX);
    return { lines, bad };
  }

  #take(sha1: string, path: string): void {
    const row = this.#files.row(path);
    if (!row) return this.#seen.add(this.#files.insert({ sha1, path }, false, undefined));
    this.#seen.add(row.id);
    if (row.sha1 !== sha1) {
      this.#changes += 1;
      this.#db.run('INSERT OR REPLACE INTO change VALUES (?, ?)', row.id, blobOf(sha1));
      return;
    }
    if (this.#changes > 0) this.#db.run('DELETE FROM change WHERE file = ?', row.id);
    const isListed = row.standing === STANDING.listed || row.standing === STANDING.dead;
    if (!isListed) this.#stand(row.id, STANDING.listed);
  }

  /** What is not known before the last line. */
  #settle(missing: number): void {
    this.#db.exec(`UPDATE file SET sha1 = change.sha1, standing = ${STANDING.listed}, hashed = 0,
      size = NULL, mtime = NULL, ctime = NULL, ino = NULL FROM change WHERE file.id = change.file; DELETE FROM change`);
    const unlisted = this.#unseen(STANDING.listed);
    const undead = this.#unseen(STANDING.dead);
    for (const id of unlisted) this.#stand(id, missing);
    for (const id of undead) this.#stand(id, STANDING.gone);
  }

  #unseen(standing: number): number[] {
    const unseen: number[] = [];
    for (const { id } of this.#db.iterate('SELECT id FROM file WHERE standing = ?', standing))
      if (!this.#seen.has(Number(id))) unseen.push(Number(id));
    return unseen;
  }

  #stand(id: number, standing: number): void {
    this.#db.run('UPDATE file SET standing = ? WHERE id = ?', standing, id);
  }
}
