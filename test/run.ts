// `npm test [-- FILES]`: mocha on the TypeScript sources under coverage, then one plain closing line.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

rmSync('coverage', { recursive: true, force: true });
const chosen = process.argv.slice(2);
// Most of the time is spent waiting for daemons: two files at once need little more than half of it.
const mocha = ['mocha', '--parallel', '--jobs', '2', ...(chosen.length > 0 ? chosen : ['test/**/*.test.ts'])];
const { status } = spawnSync('c8', mocha, { stdio: 'inherit' });
let line = '0 passed, 1 failed';
try {
  const result: unknown = JSON.parse(readFileSync('coverage/result.json', 'utf8'));
  const { passes, failures, pending } = result as { passes: number; failures: number; pending: number };
  line = `${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`;
} catch (cause) {
  console.error('mocha ended before it could say how many tests it ran:', cause);
}
console.log(line);
process.exitCode = status ?? 1;
