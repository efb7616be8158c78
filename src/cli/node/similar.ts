/** Those that are most like a text that is none of them: at most three, none that differs in more than a third of it. */
export function similarTo(text: string, names: readonly string[]): string[] {
  const limit = Math.max(1, Math.floor(text.length / 3));
  return names
    .map(name => ({ name, distance: name.includes(text) && text !== '' ? 0 : distance(text, name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Insertions, deletions and exchanges that make one of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, one] of from.split('').entries()) {
    const next = [line + 1];
    for (const [column, other] of to.split('').entries()) {
      const exchanged = (row[column] ?? 0) + (one === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
