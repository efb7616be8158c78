/** A request of a case file with the scripts around it. Line numbers count from 1. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** The free words after the path, or the method and path themselves. */
  readonly name: string;
  readonly request: Script;
  readonly response: Script;
}

export interface Script {
  readonly line: number;
  readonly text: string;
}

export interface CaseFile {
  readonly init: Script;
  readonly exchanges: readonly Exchange[];
}

const REQUEST = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) +(\S+) *(.*)$/;
const RESPONSE = /^Response/;

/** Reads frank's format (F-001 … F-004): an init part, then pairs of request and response parts, told apart by how their first line begins. */
export function parseCaseFile(text: string): CaseFile {
  const parts: { head: string; line: number; body: string[] }[] = [{ head: '', line: 1, body: [] }];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (REQUEST.test(line) || RESPONSE.test(line)) parts.push({ head: line, line: index + 2, body: [] });
    else parts.at(-1)?.body.push(line);
  }
  const [init, ...rest] = parts.map(({ head, line, body }) => ({ head, line, text: body.join('\n') }));
  if (rest.length % 2 === 1) throw new Error(`line ${rest.at(-1)?.line}: a request without a response`);
  const exchanges = Array.from({ length: rest.length / 2 }, (_, pair) => {
    const [request, response] = rest.slice(pair * 2, pair * 2 + 2);
    const [, method = '', path = '', name = ''] = REQUEST.exec(request?.head ?? '') ?? [];
    if (!request || !response || method === '' || !RESPONSE.test(response.head))
      throw new Error(`line ${(request?.line ?? 1) - 1}: requests and responses must take turns`);
    return { method, path, name: name || `${method} ${path}`, request, response };
  });
  return { init: init ?? { line: 1, text: '' }, exchanges };
}
