// Assembles the item that its first argument describes (the arguments of TransferItem, as JSON) and kills itself, as kill -9 would, right
// before or right after its n-th rename: the second argument is "before" or "after", the third n.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { assemble } from '../../src/transfer/assemble.ts';
import { TransferItem } from '../../src/transfer/item.ts';

const [, , described = '', when, at] = process.argv;
const { rename } = fs;
let renames = 0;
fs.rename = async (from, to) => {
  renames += 1;
  if (renames === Number(at) && when === 'before') process.kill(process.pid, 'SIGKILL');
  await rename(from, to);
  if (renames === Number(at) && when === 'after') process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();

const [name, task, paths] = JSON.parse(described) as ConstructorParameters<typeof TransferItem>;
await assemble(new TransferItem(name, task, paths, { full: undefined, tmp: undefined }));
