// `node src/console/build.ts OUT`: writes the console's files below OUT, for a package, which has no bundler.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';

const out = process.argv[2];
if (out === undefined) {
  console.error('build: where to? node src/console/build.ts OUT');
  process.exitCode = 2;
} else {
  for (const [path, body] of await bundle()) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), body);
  }
}
