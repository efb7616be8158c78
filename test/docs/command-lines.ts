import type { Block } from './pages.ts';

/** The commands of a shell block, each as its words: without comments, here-documents, redirections and the assignments before a command. */
export function commandsIn({ text }: Pick<Block, 'text'>): string[][] {
  return simpleCommands(withoutDocuments(text))
    .map(words => words.slice(words.findIndex(word => !ASSIGNMENT.test(word))))
    .filter(words => words.length > 0 && !ASSIGNMENT.test(words[0] ?? ''));
}

/** The same for two languages: what is said in comments may differ. */
export const bareLines = ({ text }: Pick<Block, 'text'>): string[] =>
  text.split('\n').map(line => line.replace(/\s+#\s.*$/, '').trimEnd());

const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const KEYWORDS = new Set(['do', 'done', 'if', 'then', 'else', 'fi', 'while']);
/** A word with its quotes, a redirection, what parts commands, a comment. */
const TOKEN =
  /(?<redirection>\d?(?:>>?|<)&?\s*\S+)|(?<end>&&|\|\||[;|\n])|(?<comment>#[^\n]*)|(?<word>(?:"(?:\\.|[^"])*"|'[^']*'|\\.|[^\s;|&<>"'])+)/g;

function withoutDocuments(text: string): string {
  return text.replaceAll(/<<'?(\w+)'?(.*)\n[\s\S]*?^\1$/gm, '$2');
}

function simpleCommands(text: string): string[][] {
  const commands: string[][] = [[]];
  for (const { groups } of text.matchAll(TOKEN)) {
    if (groups?.end !== undefined) commands.push([]);
    else if (groups?.word !== undefined) commands.at(-1)?.push(groups.word);
  }
  return commands
    .map(words => words.slice(words.findIndex(word => !KEYWORDS.has(word))))
    .filter(([first]) => first !== undefined && first !== 'for' && !KEYWORDS.has(first));
}
