// `npm run acceptance [-- NAME… [--shots DIR]]`: real daemons by the wall clock. What takes minutes and wants root is not for `npm test`.
import { parseArgs } from 'node:util';
import { consoleInBrowser } from './console.ts';
import { copyKills } from './copy-kills.ts';
import { firstTransfer } from './first-transfer.ts';
import { packaging } from './package.ts';
import { schedule } from './schedule.ts';
import { versions } from './versions.ts';
import { windows } from './windows.ts';

/** `shots`: where the pictures of the console go. */
const { values, positionals: asked } = parseArgs({
  options: { shots: { type: 'string', default: 'coverage/shots' } },
  allowPositionals: true,
});

const SCRIPTS: Readonly<Record<string, () => Promise<void>>> = {
  schedule,
  windows,
  versions,
  'copy-kills': () => copyKills(),
  package: packaging,
  'first-transfer': firstTransfer,
  console: () => consoleInBrowser(values.shots),
};

const unknown = asked.filter(name => !(name in SCRIPTS));
if (unknown.length > 0) {
  console.error(`acceptance: there is no ${unknown.join(', ')}; there are ${Object.keys(SCRIPTS).join(', ')}`);
  process.exit(2);
}
try {
  for (const name of asked.length > 0 ? asked : Object.keys(SCRIPTS)) {
    console.log(`acceptance: ${name}`);
    await SCRIPTS[name]?.();
  }
  console.log('acceptance: all passed');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
