// `npm run acceptance [-- NAME…]`: real daemons by the wall clock. What takes minutes and wants root is not for `npm test`.
import { copyKills } from './copy-kills.ts';
import { packaging } from './package.ts';
import { schedule } from './schedule.ts';
import { versions } from './versions.ts';
import { windows } from './windows.ts';

const SCRIPTS: Readonly<Record<string, () => Promise<void>>> = {
  schedule,
  windows,
  versions,
  'copy-kills': () => copyKills(),
  package: packaging,
};

const asked = process.argv.slice(2);
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
