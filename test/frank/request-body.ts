import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The request variables of a case (F-006), as its script left them. */
export interface Variables {
  readonly url: string;
  readonly header: Record<string, string>;
  readonly query: Record<string, unknown>;
  readonly form: Record<string, unknown>;
  readonly json: unknown;
  readonly bodyRaw: string;
  readonly bodyFile: string;
}

/** The body by frank's precedence (F-007): bodyRaw, bodyFile, then by the Content-Type. */
export async function bodyOf({ header, json, form, bodyRaw, bodyFile }: Variables) {
  if (bodyRaw !== '') return bodyRaw;
  if (bodyFile !== '') return await readFile(bodyFile);
  const type = header['Content-Type'] ?? '';
  if (type === 'application/json') return JSON.stringify(json, null, 4);
  const fields = Object.entries(form).map(([key, value]) => [key, String(value)] as [string, string]);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(fields).toString();
  if (!type.startsWith('multipart/form-data')) throw new Error(`Unsupport Content-Type: ${type}`);
  const body = new FormData();
  for (const [key, value] of fields) {
    if (value.startsWith('@')) body.append(key, await openAsBlob(value.slice(1)), basename(value));
    else body.append(key, value);
  }
  return body;
}
