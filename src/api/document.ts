import { writeFile } from 'node:fs/promises';
import type { TObject } from 'typebox';
import { ERRORS } from '../core/errors.ts';
import { type ApiMethod, mandatory, type Told } from './method.ts';
import { HTTP_REFUSALS } from './openapi.ts';
import { TASKS } from './protocol.ts';
import { type ApiRead, READS } from './reads.ts';
import { restChapter, restIndex } from './rest/page.ts';

const BASE = 'http://127.0.0.1:8191';

interface Shape {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | boolean)[];
  readonly examples?: readonly string[];
  readonly default?: string | boolean;
  readonly description?: string;
}

/** docs/API.md, made from what checks the parameters and answers. */
export function apiPage(): string {
  return `# API

HTTP on \`apilisten\` (\`127.0.0.1:8191\`). The same as OpenAPI 3.1: \`GET /api/v1/openapi.json\`. This page is made from \`src/api\` by \`npm run docs\`.

${index()}
A method is a POST of JSON:

\`\`\`json
{"message_id": "1", "message_type": "request", "message_source": "tms", "method_name": "cancel", "method_params": {"taskfile": "cfec-001-film.task.json"}}
\`\`\`

Its answer is HTTP 200, \`return_status\` says how it went; the id comes back in both spellings. A refusal has a stable \`code\` beside the text:
[ERRORS.md](ERRORS.md).

\`\`\`json
{"reqest_message_id": "1", "request_message_id": "1", "message_type": "response", "method_name": "cancel", "return_status": "true", "return_content": {"desc": "succeed!"}}
\`\`\`

- Booleans are \`"true"\`, \`"false"\`, or real ones. Unknown parameters are ignored; an empty optional one takes the configuration's value.
- Every method also refuses with \`unknown method: <name>\`, \`missing parameter: <name>\`, and with the name of a parameter that is wrong.
- With \`apitoken\` set, send \`Authorization: Bearer <apitoken>\`. A body is at most 1 MiB, a task file 64 MiB.
- Texts are given to the letter: \`<…>\` stands for what differs, blanks at the end count, misspellings are the protocol's.

${Object.entries(TASKS).map(task).join('\n')}
## Look after a node

${READS.map(read).join('\n')}
${restChapter(BASE)}
## Who may call

- On a loopback address everybody on the machine, unless \`apitoken\` is set. Elsewhere who sends \`Authorization: Bearer <token>\`: \`apitoken\`, or the token that
  the daemon made, \`<statepath>/token\`. After five wrong ones each further one costs a pause (429 with \`Retry-After\`), from a second up to a minute.
- Browsers have a session: \`POST /api/v1/session\` with \`{"token": "…"}\` answers 204 and the cookie \`bft_session\`, \`DELETE\` clears it, \`GET\` says without a token whether one is
  \`needed\`, and whether the session is \`valid\`. With a session, whatever changes something must have an \`Origin\` that is this node.
- The \`Host\` must be this node's: a name of the loopback; beyond it an address of the machine or one of \`hostnames\`. Pages of other sites may not call.
- Without a token: \`GET /livez\` answers \`ok\` while the event loop turns. \`GET /readyz\` answers 200, or 503 when tasks cannot be taken or carried on, with
  \`{"ready": …, "reasons": [{"code", "desc", "next"}], "warnings": […]}\`. A closed window is no reason.

## Refusals of HTTP

The same envelope, with another status, for what the protocol does not know:

| status | code | next |
|---|---|---|
${HTTP_REFUSALS.map(name => `| ${ERRORS[name].status} | ${code(name)} | ${cell(ERRORS[name].next)} |\n`).join('')}`;
}

function index(): string {
  const rows = Object.entries(TASKS).map(
    ([title, methods]) =>
      `| ${title.toLowerCase()} | ${methods.map(({ name }) => `[${name}](#${name})`).join(', ')} |\n`,
  );
  const reads = READS.map(({ path }) => `\`${path}\``).join(', ');
  return `| to | call |\n|---|---|\n${rows.join('')}| look after a node | GET ${reads} |\n${restIndex()}`;
}

const task = ([title, methods]: [string, readonly ApiMethod[]]) => `## ${title}\n\n${methods.map(method).join('\n')}`;

function method({ name, path, summary, params, content, example, told }: ApiMethod): string {
  const isPlain = Object.keys(content.properties).length === 1;
  return `### ${name}

${summary}

\`\`\`sh
${curl(path, name, example)}
\`\`\`

| parameter | type | default | meaning |
|---|---|---|---|
${parameters(params)}${isPlain ? '' : `\n${fields(content.properties)}`}${answers(told)}`;
}

const curl = (path: string, name: string, example: object) =>
  `curl -H 'Content-Type: application/json' -d '${JSON.stringify({ message_id: '1', method_name: name, method_params: example })}' ${BASE}${path}`;

function parameters(params: TObject): string {
  const must = mandatory(params);
  return Object.entries(params.properties as Record<string, Shape>)
    .map(([key, shape]) => {
      const fallback = shape.default === undefined ? '–' : code(shape.default);
      const given = must.includes(key) ? '– (must be given)' : fallback;
      return `| \`${key}\` | ${type(shape)} | ${given} | ${cell(shape.description)} |\n`;
    })
    .join('');
}

function fields(properties: Readonly<Record<string, Shape>>): string {
  const rows = Object.entries(properties).map(
    ([key, shape]) => `| \`${key}\` | ${type(shape)} | ${cell(shape.description)} |\n`,
  );
  return `| answer | type | meaning |\n|---|---|---|\n${rows.join('')}`;
}

function answers(told: readonly Told[]): string {
  const rows = told.map(({ ok, text, rule }) => `| ${ok} | ${code(text)} | ${rule} |\n`);
  return `\n| return_status | desc | rule |\n|---|---|---|\n${rows.join('')}`;
}

function read({ path, summary, example }: ApiRead): string {
  return `### ${path}\n\n${summary}\n\n\`\`\`sh\ncurl ${BASE}${path}\n\`\`\`\n\n\`\`\`\n${example.trimEnd()}\n\`\`\`\n`;
}

const type = ({ enum: values, examples, type = 'any' }: Shape): string =>
  [...new Set((values ?? examples)?.map(code) ?? [type].flat())].join(', ');

/** Nothing in a row may end its cell. */
const cell = (text = '') => text.replaceAll('|', '\\|');

const code = (text: string | boolean) => (text === '' ? 'empty' : `\`${text}\``);

if (import.meta.main) await writeFile(new URL('../../docs/API.md', import.meta.url), apiPage());
