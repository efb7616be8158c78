import type { Route } from './route.ts';
import { restStatus } from './refusal.ts';
import { RESOURCES } from './routes.ts';

/** The chapter of /api/v1 in docs/API.md. `base` is where the API listens. */
export function restChapter(base: string): string {
  return `## Resources: /api/v1

For programs and the console. Bytes, bytes per second, percent from 0 to 100, moments as ISO 8601 with the offset of the node; null: not known, or none.
POST takes JSON (\`Content-Type: application/json\`). What \`:name\` stands for is the name of the task file. A refusal has the HTTP status of its code
([ERRORS.md](ERRORS.md)) and, where it can be said, the place of the fault:

\`\`\`json
{"error": {"code": "TASK_FILE_INVALID", "desc": "…", "next": "…", "docs": "docs/ERRORS.md#task_file_invalid", "line": 12, "column": 5}}
\`\`\`

${Object.entries(RESOURCES)
  .map(([title, routes]) => `### ${title}\n\n${routes.map(route => section(route, base)).join('\n')}`)
  .join('\n')}`;
}

/** The row of each resource in the index. */
export const restIndex = (): string =>
  Object.entries(RESOURCES)
    .map(([title, routes]) => `| ${title.toLowerCase()} | ${routes.map(link).join(', ')} |\n`)
    .join('');

const link = (route: Route) => `[${heading(route)}](#${anchor(heading(route))})`;

const heading = ({ verb, path }: Route) => `${verb.toUpperCase()} ${path}`;

/** As GitHub makes it. */
const anchor = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

function section(route: Route, base: string): string {
  return `#### ${heading(route)}\n\n${route.summary}\n\n${query(route)}${body(route)}${curl(route, base)}${answers(route)}${refusals(route)}`;
}

function query({ query }: Route): string {
  if (!query) return '';
  const rows = Object.entries(query.properties as Record<string, { description?: string }>);
  return rows.map(([name, { description }]) => `- \`?${name}=\`: ${description}\n`).join('') + '\n';
}

function body({ body }: Route): string {
  const keys = Object.keys(body?.schema.properties ?? {});
  return keys.length === 0 ? '' : `Body: ${keys.map(key => `\`${key}\``).join(', ')}; all may be left out.\n\n`;
}

function curl({ verb, path, body, takesTaskFile }: Route, base: string): string {
  const data = takesTaskFile ? '@cfec-001-film.task.json' : JSON.stringify(body?.example);
  const post = verb === 'post' ? `-H 'Content-Type: application/json' --data-binary '${data}' ` : '';
  const buffer = path.endsWith('stream') ? '-N ' : '';
  return `\`\`\`sh\ncurl ${buffer}${post}${base}${path.replace(':name', 'cfec-001-film.task.json')}\n\`\`\`\n\n`;
}

const answers = ({ answers }: Route) =>
  Object.values(answers)
    .map(
      ({ example }) => `\`\`\`\n${typeof example === 'string' ? example.trim() : JSON.stringify(example)}\n\`\`\`\n\n`,
    )
    .join('');

const refusals = ({ refusals = [] }: Route) =>
  refusals.length === 0 ? '' : `Refusals: ${refusals.map(code => `${restStatus(code)} \`${code}\``).join(', ')}.\n`;
