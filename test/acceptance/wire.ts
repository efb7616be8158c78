import { execFile, execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Listed {
  readonly nftables: readonly { readonly counter?: { readonly name: string; readonly bytes: number } }[];
}

/** Bytes on the wire by TCP port, headers included, as the kernel's packet filter counts them. Needs root and nft. */
export class Wire {
  readonly #table = `bftv2-acceptance-${process.pid}`;

  /** `ports`: what is counted under each name, both ways. */
  constructor(ports: Readonly<Record<string, readonly number[]>>) {
    const counters = Object.keys(ports).map(name => `counter ${name} {}`);
    const rules = Object.entries(ports).flatMap(([name, own]) =>
      ['sport', 'dport'].map(side => `tcp ${side} { ${own.join(', ')} } counter name "${name}"`),
    );
    const chain = ['type filter hook output priority 0;', ...rules].join('\n');
    const table = `table inet ${this.#table} {\n${counters.join('\n')}\nchain wire {\n${chain}\n}\n}\n`;
    execFileSync('nft', ['--file', '-'], { input: table });
  }

  async read(): Promise<Record<string, number>> {
    const { stdout } = await run('nft', ['--json', 'list', 'counters', 'table', 'inet', this.#table]);
    const { nftables } = JSON.parse(stdout) as Listed;
    return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.bytes]] : [])));
  }

  /** Resolves when nothing has passed for so many ms: connections that were kept are closed. */
  async quiet(ms: number): Promise<void> {
    let last = '';
    for (let now = JSON.stringify(await this.read()); now !== last; now = JSON.stringify(await this.read())) {
      last = now;
      await delay(ms);
    }
  }

  close(): void {
    execFileSync('nft', ['delete', 'table', 'inet', this.#table]);
  }
}
