// Control characters, and what turns the direction of a line around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
// oxlint-disable-next-line no-control-regex
const UNSHOWN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A text as it may go to a terminal: what others chose, such as the words of a server, moves no cursor. */
export const shown = (text: string): string => text.replace(UNSHOWN, '�');

/** The same of what has to stay on its line. */
export const shownInLine = (text: string): string => shown(text.trim().replace(/\s*\n\s*/g, ' '));

/** JSON whose strings a terminal can show, too. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(
    UNSHOWN,
    one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
