import { randomBytes } from 'node:crypto';
import Client from 'bittorrent-tracker/client';
import { BftError } from '../core/errors.ts';
import { failed, type Finding, ok, skipped, warning } from './finding.ts';
import type { Site } from './site.ts';

const ANSWER_MS = 8_000;

/** Every tracker that the configuration or a task names answers. */
export async function checkTrackers(site: Site): Promise<Finding[]> {
  const tasks = await site.tasks();
  const ofTasks = tasks.filter(({ task }) => task.btlist.length > 0).flatMap(({ task }) => task.bt.tracker ?? []);
  const addresses = new Set([site.config.tracker, ...ofTasks].filter(address => address !== ''));
  if (addresses.size === 0) return [skipped('neither the configuration nor a task names a tracker')];
  return await Promise.all([...addresses].map(check));
}

async function check(address: string): Promise<Finding> {
  try {
    const complaint = await announce(address);
    return complaint === ''
      ? ok(`the tracker ${address} answers`)
      : warning(`the tracker ${address} answers: ${complaint}`, 'Look at its rules: it may serve known torrents only.');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new BftError('SOURCE_UNREACHABLE', `the tracker ${address} does not answer: ${why}`, { cause });
    return failed(error, 'Check its address ("tracker", or in the task), that it runs, and the firewall on the way.');
  }
}

/** Asks as a peer of a torrent that nobody has would, and leaves again. Resolves with the tracker's complaint, '' without. */
async function announce(address: string): Promise<string> {
  const client = new Client({ infoHash: randomBytes(20), peerId: randomBytes(20), announce: [address], port: 6881 });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  client.on('update', () => resolve(''));
  client.on('error', reject);
  client.on('warning', error => (isUnheard(error) ? reject(error) : resolve(error.message)));
  try {
    client.start();
    return await promise;
  } finally {
    clearTimeout(timer);
    client.stop();
    client.destroy();
  }
}

/** The library hands on what the tracker complains of like its own troubles: these are told by their texts, or by what caused them. */
function isUnheard(error: Error & { code?: string }): boolean {
  const isOurs = /^(non-200|invalid tracker response|error decoding|tracker request timed out|unsupported)/i.test(
    error.message,
  );
  return isOurs || error.cause !== undefined || error.code !== undefined || error.name === 'AbortError';
}
