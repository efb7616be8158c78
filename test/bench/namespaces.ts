import { execFileSync } from 'node:child_process';

/** A network of its own for the members of a swarm: namespaces at one bridge. Needs root. */
export class Namespaces {
  readonly #prefix = `bft2-${process.pid}`;
  readonly #names: string[] = [];

  constructor() {
    const hub = this.#make('hub');
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', hub, 'link', 'set', 'bridge', 'up');
  }

  /** Adds a member whose line takes `rate` bytes per second upwards; no limit if left out. Gives its namespace and address. */
  add(rate?: number): { name: string; host: string } {
    const number = this.#names.length;
    const hub = `${this.#prefix}-hub`;
    const name = this.#make(String(number));
    const host = `10.77.0.${number}`;
    ip('link', 'add', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', `port${number}`, 'netns', hub);
    ip('-n', hub, 'link', 'set', `port${number}`, 'master', 'bridge', 'up');
    ip('-n', name, 'address', 'add', `${host}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    if (rate !== undefined) {
      const limit = ['rate', `${rate * 8}bit`, 'burst', '128kb', 'latency', '50ms'];
      execFileSync('ip', ['netns', 'exec', name, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...limit]);
    }
    return { name, host };
  }

  remove(): void {
    for (const name of this.#names) ip('netns', 'delete', name);
  }

  #make(what: string): string {
    const name = `${this.#prefix}-${what}`;
    ip('netns', 'add', name);
    this.#names.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return name;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}
