import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LOOK_MS = 20;

/**
 * Machines on a network of their own, a network namespace each, all on one bridge: no packet leaves them, and the addresses are in use nowhere else.
 * A namespace is held by a process and ends with it; so all of it ends with this process, whatever becomes of it.
 */
export class ServerNetwork {
  readonly #holders: ChildProcess[] = [];

  /** `addresses`: of the machines by name, with the length of the prefix. The first one has the bridge. */
  static async create(addresses: Readonly<Record<string, string>>): Promise<[ServerNetwork, Map<string, string>]> {
    const network = new ServerNetwork();
    try {
      return [network, await network.#connect(Object.entries(addresses))];
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const holder of this.#holders) {
      const ended = once(holder, 'exit');
      if (holder.kill('SIGKILL')) await ended;
    }
  }

  async #connect([first, ...others]: readonly (readonly [string, string])[]): Promise<Map<string, string>> {
    const [hub, address] = first ?? ['', ''];
    const bridge = await this.#hold();
    const namespaces = new Map([[hub, bridge]]);
    await ip(bridge, 'link', 'add', 'br0', 'type', 'bridge');
    await up(bridge, 'br0', address);
    for (const [index, [name, own]] of others.entries()) {
      const namespace = await this.#hold();
      namespaces.set(name, namespace);
      const port = `port${index}`;
      await ip(bridge, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pidOf(namespace)));
      await ip(bridge, 'link', 'set', port, 'master', 'br0', 'up');
      await up(namespace, 'eth0', own);
    }
    return namespaces;
  }

  /** A new namespace, as its path. */
  async #hold(): Promise<string> {
    const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sleep', 'infinity'], {
      stdio: 'ignore',
    });
    this.#holders.push(holder);
    await once(holder, 'spawn');
    const path = `/proc/${holder.pid}/ns/net`;
    const ours = await readlink('/proc/self/ns/net');
    while ((await readlink(path)) === ours) await delay(LOOK_MS);
    return path;
  }
}

const pidOf = (namespace: string) => Number(namespace.split('/')[2]);

const ip = (namespace: string, ...args: string[]) => run('nsenter', [`--net=${namespace}`, 'ip', ...args]);

async function up(namespace: string, device: string, address: string): Promise<void> {
  await ip(namespace, 'address', 'add', address, 'dev', device);
  for (const name of [device, 'lo']) await ip(namespace, 'link', 'set', name, 'up');
}
