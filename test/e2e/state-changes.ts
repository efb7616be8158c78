/** From the log's state changes: how many tasks were in a state at the same time. */
export function mostAtOnce(log: string, state: string): number {
  const inside = new Set<string>();
  let most = 0;
  for (const line of log.split('\n').filter(line => line.includes('"msg":"task state"'))) {
    const { task, from, to } = JSON.parse(line) as Record<'task' | 'from' | 'to', string>;
    if (from === state) inside.delete(task);
    if (to === state) inside.add(task);
    most = Math.max(most, inside.size);
  }
  return most;
}
