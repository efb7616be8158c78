import type { CaseFile } from './case-file.ts';

/** The documentation of a case file (F-011): what its first comment says, then every exchange with its scripts. */
export function markdownOf({ init, exchanges }: CaseFile): string {
  const [, title = 'Cases'] = /^\/\/ *(.+)/.exec(init.text.trim()) ?? [];
  const chapters = exchanges.map(
    ({ method, path, name, request, response }) =>
      `## ${name}\n\n\`${method} ${path}\`\n\n${script('Request', request.text)}${script('Response', response.text)}`,
  );
  return `# ${title}\n\n${chapters.join('')}`;
}

function script(head: string, text: string): string {
  return text.trim() === '' ? '' : `${head}:\n\n\`\`\`js\n${text.trim()}\n\`\`\`\n\n`;
}
