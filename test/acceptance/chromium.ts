import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';
/** What pages are written in; without the second one Chinese is boxes on the pictures. */
const PACKAGES = ['chromium', 'fonts-noto-cjk'];

/** Debian's Chromium, brought by apt where it is missing and we may. */
export async function openChromium(): Promise<Browser> {
  if (!existsSync(PROGRAM)) install();
  return await chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-gpu'] });
}

function install(): void {
  if (process.getuid?.() !== 0) throw new Error(`${PROGRAM} is missing: apt-get install ${PACKAGES.join(' ')}`);
  const options: SpawnSyncOptions = {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...PACKAGES], options);
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} could not be installed`);
}
