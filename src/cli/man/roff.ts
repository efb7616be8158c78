/** Text as roff takes it to the letter: no line is a request, no dash is broken or turned into another. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
export const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

/** A term with its text below it. */
export const entry = (term: string, text: string): string => `.TP\n${term}\n${roff(text)}`;

export const section = (title: string, ...paragraphs: readonly string[]): string =>
  `.SH ${title}\n${paragraphs.join('\n.PP\n')}`;
