import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Origin } from '../../src/origin/origin.ts';
import { type Listening, startListening } from '../listening.ts';

/** 1000 bytes whose value says where they are. */
export const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

export const REEL = '/dcp/cfec-001/dcps/film/reel.mxf';

export interface PublishedTree extends Listening {
  readonly root: string;
}

/** An origin on a storage root with one package in it, and with what must not be served around it. */
export async function startOrigin(): Promise<PublishedTree> {
  const directory = await mkdtemp(join(tmpdir(), 'origin-'));
  const root = join(directory, 'dcp');
  const files = [
    'dcp/cfec-001/dcps/film/reel.mxf',
    'dcp/cfec-001/dcps/film/sub/ASSETMAP.xml',
    'dcp/cfec-001/dcps/film/.hidden',
    'dcp/cfec-001/dcps/.film/reel.mxf',
    'dcp/cfec-001/dcps/film.torrent',
    'dcp/cfec-001/dcps-tmp/film-tmp.torrent',
    'dcp/cfec-001/dcps-tmp/film.signed.json',
    'dcp/cfec-001/upload/secret.mxf',
    'dcp/cfec-001/secret.mxf',
    'dcp/dcps/secret.mxf',
    'secret.mxf',
    'dcp-other/dcps/secret.mxf',
  ];
  for (const file of files) await write(join(directory, file), BYTES);
  await write(join(root, 'cfec-001/dcps/film/empty.txt'), Buffer.alloc(0));
  await symlink(join(directory, 'secret.mxf'), join(root, 'cfec-001/dcps/film/out.mxf'));
  await symlink(directory, join(root, 'cfec-001/dcps/up'));
  await symlink(join(root, 'cfec-001/upload/secret.mxf'), join(root, 'cfec-001/dcps/film/inside.mxf'));
  const running = await startListening(log => new Origin({ log }, { root, address: { host: '127.0.0.1', port: 0 } }));
  const stop = async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...running, root, stop };
}

export async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
