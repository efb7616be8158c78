import { Type } from 'typebox';
import { validator } from '../../core/validate.ts';
import { makeDirectory, removeDurable, writeDurable } from '../../disk/durable.ts';
import type { UnfinishedUpload } from './bucket.ts';
import { type ObjectPlace, parseLine, readRecord, recordPath, recordPaths } from './record-files.ts';

const SUFFIX = '.intent';
/** Buckets refuse requests of a clock that differs by more. */
const CLOCKS_DIFFER_MS = 900_000;

const check = validator(
  Type.Object({
    bucket: Type.String(),
    key: Type.String(),
    /** When, ms since the epoch. */
    at: Type.Number(),
    /** Uploads of this object that were there before. */
    others: Type.Array(Type.String()),
  }),
);

interface Intended extends ObjectPlace {
  readonly at: number;
  readonly others: readonly string[];
}

/** That this node is about to begin an upload, noted before: its id comes with an answer that may never arrive. */
export class UploadIntent {
  readonly place: ObjectPlace;
  readonly #path: string;
  readonly #intended: Intended;

  private constructor(path: string, intended: Intended) {
    this.#path = path;
    this.#intended = intended;
    this.place = intended;
  }

  /** Durable when it resolves. */
  static async note(directory: string, intended: Intended): Promise<UploadIntent> {
    const intent = new UploadIntent(recordPath(directory, intended, SUFFIX), intended);
    await makeDirectory(directory);
    await writeDurable(intent.#path, JSON.stringify(intended), 0o600);
    return intent;
  }

  static find(directory: string, place: ObjectPlace): Promise<UploadIntent | undefined> {
    return read(recordPath(directory, place, SUFFIX));
  }

  static async all(directory: string): Promise<UploadIntent[]> {
    const intents = await Promise.all((await recordPaths(directory, SUFFIX)).map(read));
    return intents.filter(intent => intent !== undefined);
  }

  static parse(path: string, text: string): UploadIntent | undefined {
    const intended = parseLine(check, text);
    return intended && new UploadIntent(path, intended);
  }

  /** The upload that was begun then: the one that is new since, and of that time. Undefined when there is none, or others could be it as well. */
  begunAmong(uploads: readonly UnfinishedUpload[]): string | undefined {
    const { at, others } = this.#intended;
    const isMeant = ({ upload, initiatedMs }: UnfinishedUpload) =>
      !others.includes(upload) && Math.abs(initiatedMs - at) <= CLOCKS_DIFFER_MS;
    const [only, ...more] = uploads.filter(isMeant);
    return more.length === 0 ? only?.upload : undefined;
  }

  async remove(): Promise<void> {
    await removeDurable(this.#path);
  }
}

async function read(path: string): Promise<UploadIntent | undefined> {
  const text = await readRecord(path);
  return text === undefined ? undefined : UploadIntent.parse(path, text);
}
