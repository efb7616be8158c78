import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../src/core/units.ts';
import type { Bench, Row } from './bench.ts';
import type { Options } from './options.ts';
import { startNginx } from './origins.ts';
import { missing, run, timed } from './program.ts';
import { type Contestant, race } from './race.ts';
import type { Shape } from './shapes.ts';
import { Site } from './site.ts';

const GIB = 1024 ** 3;
const BASE = 'dcp/cfec-001/dcps/film';

/** P2: the whole package over HTTP, verified; all from the same origin. */
export const p2: Bench = {
  name: 'p2',
  title: 'receive over cdn, verified',
  async *run(options) {
    for (const shape of options.shapes ?? (['feature', 'many'] as const))
      yield* await receiveShape(shape, options.size ?? GIB, options);
  },
};

async function receiveShape(shape: Shape, size: number, { files, rounds }: Options): Promise<Row[]> {
  const site = await Site.open();
  try {
    await site.write('film', shape, size, files);
    await site.publish('film', '0:0:1');
    const origins = [{ name: 'our origin', url: site.fleet.originUrl }];
    const noNginx = missing('nginx');
    if (noNginx === undefined) origins.push({ name: 'nginx', url: await startNginx(site) });
    const rows: Row[] = [];
    for (const { name, url } of origins) {
      const of = `${shape}, ${formatBytes(size)}, from ${name}`;
      rows.push(...(await race(await contestants(site, url), { of, rounds, directory: site.fleet.root })));
    }
    if (noNginx !== undefined) rows.push({ of: shape, what: 'from nginx', unit: 's', samples: [], remark: noNginx });
    return rows;
  } finally {
    await site.close();
  }
}

async function contestants(site: Site, origin: string): Promise<Contestant[]> {
  const { fleet } = site;
  const text = (await readFile(fleet.taskPath('film'), 'utf8')).replaceAll(fleet.originUrl, origin);
  const { filelist } = JSON.parse(text) as { filelist: { file: string; hash: string }[] };
  const target = join(fleet.root, 'fetched');
  const address = (file: string) => `${origin}/${BASE}/${file.split('/').map(encodeURIComponent).join('/')}`;
  const lists = {
    sums: filelist.map(({ file, hash }) => `${hash}  ${file}\n`),
    curl: filelist.map(({ file }) => `url = "${address(file)}"\noutput = "${join(target, file)}"\n`),
    aria2: filelist.map(({ file, hash }) => `${address(file)}\n  out=${file}\n  checksum=sha-1=${hash}\n`),
  };
  for (const [name, lines] of Object.entries(lists)) await writeFile(join(fleet.root, name), lines.join(''));
  const list = (name: keyof typeof lists) => join(fleet.root, name);
  const into = (fetch: () => Promise<void>) => async () => {
    await mkdir(target);
    try {
      return await timed(fetch);
    } finally {
      await rm(target, { recursive: true });
    }
  };
  const curl = ['--silent', '--show-error', '--fail', '--create-dirs', '--config', list('curl')];
  const check = () => run('sha1sum', ['--check', '--quiet', list('sums')], { cwd: target });
  const aria2 = [
    '--quiet',
    '--no-conf',
    '-x4',
    '-s4',
    '--file-allocation=none',
    '--dir',
    target,
    '--input-file',
    list('aria2'),
  ];
  return [
    { name: 'ours', run: () => site.receiveOnce('film', {}, text) },
    {
      name: 'curl + sha1sum -c',
      peer: 'curl' as const,
      goal: { faster: 1.3 },
      run: into(async () => {
        await run('curl', curl);
        await check();
      }),
    },
    { name: 'aria2c -x4', peer: 'aria2c' as const, goal: { faster: 1 }, run: into(() => run('aria2c', aria2)) },
  ];
}
