import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestNode } from '../e2e/nodes.ts';

export const SHELL = new URL('../../shell/', import.meta.url).pathname;
const PATIENCE_MS = 150_000;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The environment in which the operator scripts work at a node. */
export function nodeEnv(node: TestNode): Record<string, string> {
  return {
    BFT2_API: `http://127.0.0.1:${node.apiPort}`,
    BFT2_DCP: String(node.config.basedatapath),
    BFT2_SENDER: String(node.config.senderpath),
    BFT2_RECEIVER: String(node.config.receiverpath),
    BFT2_HASHTABLE: String(node.config.hashtable),
    BFT2_ENDPOINTS: join(node.root, 'endpoints'),
    BFT2_POLL: '0.3',
    BFT2_WAIT: '60',
  };
}

/** Runs a program to its end. */
export async function runToEnd(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const options = { env: { ...process.env, ...env }, timeout: PATIENCE_MS };
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, options);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

export function script(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return runToEnd(join(SHELL, `${name}.sh`), args, env);
}

/** Runs a piece of bash after the shared functions were read, as the operator scripts do. */
export function withFunctions(line: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return runToEnd('bash', ['-c', `. '${join(SHELL, 'functions.sh')}'; ${line}`, 'bash', ...args], env);
}
