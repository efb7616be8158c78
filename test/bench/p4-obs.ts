import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../src/core/units.ts';
import type { Bench, Row } from './bench.ts';
import { ACCESS_KEY, BUCKET, SECRET_KEY } from './object-server.ts';
import type { Options } from './options.ts';
import { run, timed } from './program.ts';
import { type Contestant, race } from './race.ts';
import type { Shape } from './shapes.ts';
import { Site } from './site.ts';

const GIB = 1024 ** 3;
const REMOTE = `bench:${BUCKET}/peer`;

/** P4: into the bucket and out of it again, at the same object server. */
export const p4: Bench = {
  name: 'p4',
  title: 'send to obs, receive from obs',
  async *run(options) {
    const shapes = options.shapes ?? (['feature', 'many'] as const);
    for (const shape of shapes) yield* await moveShape(shape, options.size ?? GIB, options);
  },
};

async function moveShape(shape: Shape, size: number, { files, rounds }: Options): Promise<Row[]> {
  const site = await Site.open();
  const directory = site.fleet.root;
  try {
    await site.write('film', shape, size, files);
    const of = `${shape}, ${formatBytes(size)}`;
    const sent = await race(senders(site), { of: `send ${of}`, rounds, directory });
    await site.objects.empty();
    await site.publish('film', '0:1:0');
    await rclone(site, site.fleet.packagePath('film'), REMOTE).catch(() => undefined);
    return [...sent, ...(await race(receivers(site), { of: `receive ${of}`, rounds, directory }))];
  } finally {
    await site.close();
  }
}

function senders(site: Site): Contestant[] {
  return [
    {
      name: 'ours',
      async run(round) {
        // A task of its own each time: what the bucket has is not uploaded again.
        const name = `film-${round}`;
        await site.objects.empty();
        await site.link('film', name);
        await site.make(name, '0:1:0');
        const time = await site.send(name);
        await site.fleet.sender.ask('/cancel', 'cancel', { taskfile: `cfec-001-${name}.task.json` });
        return time;
      },
    },
    {
      name: 'rclone copy',
      peer: 'rclone',
      goal: { faster: 1 },
      async run() {
        await site.objects.empty();
        return await timed(() => rclone(site, site.fleet.packagePath('film'), REMOTE));
      },
    },
  ];
}

function receivers(site: Site): Contestant[] {
  const target = join(site.fleet.root, 'fetched');
  return [
    { name: 'ours', run: () => site.receiveOnce('film') },
    {
      name: 'rclone copy',
      peer: 'rclone',
      goal: { faster: 1 },
      async run() {
        await mkdir(target);
        try {
          return await timed(() => rclone(site, REMOTE, target));
        } finally {
          await rm(target, { recursive: true });
        }
      },
    },
  ];
}

function rclone(site: Site, from: string, to: string): Promise<void> {
  const env = {
    RCLONE_CONFIG: '/dev/null',
    // What this user has of his own does not belong here.
    AWS_CA_BUNDLE: '',
    RCLONE_CONFIG_BENCH_TYPE: 's3',
    RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
    RCLONE_CONFIG_BENCH_V2_AUTH: 'true',
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: ACCESS_KEY,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: SECRET_KEY,
    RCLONE_CONFIG_BENCH_ENDPOINT: site.objects.endpoint,
    RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE: 'true',
  };
  return run('rclone', ['copy', '--retries', '1', '--s3-no-check-bucket', from, to], { env });
}
