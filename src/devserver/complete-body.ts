import { refusal } from './obs-error.ts';
import { unescape } from './xml.ts';

const ROOT = /^\s*(?:<\?xml[^<>]*\?>\s*)?<CompleteMultipartUpload(?:\s[^<>]*)?>(.*)<\/CompleteMultipartUpload>\s*$/s;
const PART = /\s*<Part>((?:\s*<(\w+)>[^<>]*<\/\2>)*)\s*<\/Part>\s*/y;
const FIELD = /<(\w+)>([^<>]*)<\/\1>/g;

export interface NamedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
}

function partOf(fields: string): NamedPart {
  const values = new Map([...fields.matchAll(FIELD)].map(([, name, value = '']) => [name, unescape(value).trim()]));
  const number = values.get('PartNumber') ?? '';
  const etag = values.get('ETag');
  if (!/^\d{1,5}$/.test(number) || etag === undefined) throw refusal('MalformedXML');
  return { number: Number(number), etag: etag.replaceAll('"', '') };
}

/** Parses exactly the documented form: a list of Part elements with PartNumber and ETag; unknown simple fields are passed over. */
export function parseCompleteBody(text: string): NamedPart[] {
  const [, content] = ROOT.exec(text) ?? [];
  if (content === undefined) throw refusal('MalformedXML');
  const parts: NamedPart[] = [];
  for (let at = 0; at < content.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [, fields] = PART.exec(content) ?? [];
    if (fields === undefined) throw refusal('MalformedXML');
    parts.push(partOf(fields));
  }
  if (parts.length === 0) throw refusal('MalformedXML', 'The list of parts is empty');
  return parts;
}
