import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type ByteRange, selectRanges } from './byte-ranges.ts';
import { isSameFile, precondition, type Validators } from './preconditions.ts';

/** A file as it is offered. `length` in bytes. */
export interface Representation extends Validators {
  readonly length: number;
  readonly type: string;
}

/** Bytes as they are, or bytes of the file. */
export type Section = Buffer | ByteRange;

/** What is answered. Without a body to come, `content-length` says what GET would give (HEAD). */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: readonly Section[];
}

/** Decides the answer to GET or HEAD (R-003 … ): preconditions first, then If-Range, then the ranges, which are GET's alone. */
export function answerTo(method: string, headers: IncomingHttpHeaders, file: Representation): Answer {
  const status = precondition(headers, file);
  if (status === 304) return { status, headers: validatorsOf(file), body: [] };
  if (status !== 200) return refusal(status);
  if (method === 'HEAD') return { ...whole(file), body: [] };
  const selected = isSameFile(headers['if-range'], file) ? selectRanges(headers.range, file.length) : 'whole';
  if (selected === 'whole') return whole(file);
  if (selected === 'invalid') return refusal(400);
  if (selected === 'unsatisfiable') return refusal(416, { 'content-range': `bytes */${file.length}` });
  const [only, ...others] = selected;
  return only && others.length === 0 ? part(file, only) : parts(file, selected);
}

export function refusal(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-length': 0, ...headers }, body: [] };
}

function whole(file: Representation): Answer {
  return answer(200, file, { 'content-type': file.type }, [{ start: 0, end: file.length }]);
}

function part(file: Representation, range: ByteRange): Answer {
  return answer(206, file, { 'content-type': file.type, 'content-range': contentRange(range, file) }, [range]);
}

/** RFC 9110, 14.6. The boundary is random, so that no file can hold it. */
function parts(file: Representation, ranges: readonly ByteRange[]): Answer {
  const boundary = randomBytes(16).toString('hex');
  const heads = ranges.map((range, index) => {
    const before = index === 0 ? '' : '\r\n';
    return `${before}--${boundary}\r\nContent-Type: ${file.type}\r\nContent-Range: ${contentRange(range, file)}\r\n\r\n`;
  });
  const body = ranges.flatMap((range, index) => [Buffer.from(heads[index] ?? ''), range]);
  body.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return answer(206, file, { 'content-type': `multipart/byteranges; boundary=${boundary}` }, body);
}

function answer(status: number, file: Representation, own: Record<string, string>, body: readonly Section[]): Answer {
  const length = body.reduce((sum, section) => sum + sizeOf(section), 0);
  return { status, headers: { ...validatorsOf(file), ...own, 'content-length': length }, body };
}

const validatorsOf = ({ etag, lastModified }: Validators) => ({
  'accept-ranges': 'bytes',
  etag,
  'last-modified': lastModified,
});

const contentRange = ({ start, end }: ByteRange, { length }: Representation) => `bytes ${start}-${end - 1}/${length}`;

const sizeOf = (section: Section): number => ('start' in section ? section.end - section.start : section.length);
