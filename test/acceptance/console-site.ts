import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet, type TestNode } from '../e2e/nodes.ts';
import { SMALL, writePackage } from '../e2e/packages.ts';
import { SourceProxy } from '../transports/source-proxy.ts';

const MIB = 1024 ** 2;
/** Slow enough that tasks move as long as somebody looks. */
const RATE = MIB;
/** Nobody listens there. */
const DEAD_PORT = 1;
const HOUR_MS = 3_600_000;

const reels = (count: number, size: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, reel) => [`reel-${reel}.mxf`, size]));

/** A sender and a receiver with a console each, a bucket, a CDN that can fail, and a cacher whose console asks for a token. */
export class ConsoleSite {
  readonly fleet: TestFleet;
  readonly receiver: TestNode;
  readonly cacher: TestNode;
  readonly #cdn: SourceProxy;

  private constructor(fleet: TestFleet, nodes: { receiver: TestNode; cacher: TestNode }, cdn: SourceProxy) {
    this.fleet = fleet;
    this.receiver = nodes.receiver;
    this.cacher = nodes.cacher;
    this.#cdn = cdn;
  }

  static async open(): Promise<ConsoleSite> {
    const cdn = new SourceProxy();
    await cdn.start();
    const [theirs, mine, open] = [await freePort(), await freePort(), await freePort()];
    const fleet = await TestFleet.create({ cdnurl: cdn.url, consolelisten: `127.0.0.1:${theirs}` });
    cdn.upstream = Number(new URL(fleet.originUrl).port);
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    const receiver = await fleet.node('receiver', 'receiver', {
      consolelisten: `127.0.0.1:${mine}`,
      receiverid: '影院-0417',
      downlimit: RATE,
      cdnwindows: `${clockAt(3)}-${clockAt(5)} 20M`,
    });
    // Beyond loopback, where the token is needed that the node made.
    const cacher = await fleet.node('cacher', 'cacher', { consolelisten: `0.0.0.0:${open}`, plainhttp: true });
    return new ConsoleSite(fleet, { receiver, cacher }, cdn);
  }

  /** One task that is done, one that moves for minutes, one whose only source is the CDN, one that waits for its hours, and one that nobody received. */
  async fill(): Promise<void> {
    const packages = {
      'TLR-2026_done': [SMALL, '1:1:1', {}],
      'WANDERING-EARTH-3_FTR_S_CMN_4K': [reels(6, 60 * MIB), '2:1:1', { deadline: '2030-01-01 06:00:00' }],
      'NE-ZHA-3_FTR_F_CMN_4K_VF': [reels(2, 30 * MIB), '0:0:1', {}],
      'DUNE-3_FTR_S_EN-ZH_2K_IOP': [SMALL, '0:0:1', { policy: 'priortime' }],
      dropped: [SMALL, '1:1:1', {}],
    } as const;
    for (const [name, [files, ratio, more]] of Object.entries(packages)) {
      await writePackage(this.fleet.packagePath(name), files);
      await this.fleet.publish(name, ratio, more);
      if (name === 'dropped') continue;
      await this.fleet.recv(this.receiver, name);
      if (name === 'TLR-2026_done') await this.fleet.downloaded(this.receiver, name);
      else await this.fleet.progress(this.receiver, name);
    }
  }

  breakCdn(): void {
    this.#cdn.upstream = DEAD_PORT;
  }

  healCdn(): void {
    this.#cdn.upstream = Number(new URL(this.fleet.originUrl).port);
  }

  get url(): string {
    return `http://${String(this.receiver.config.consolelisten)}`;
  }

  get senderUrl(): string {
    return `http://${String(this.fleet.sender.config.consolelisten)}`;
  }

  get lockedUrl(): string {
    return `http://${String(this.cacher.config.consolelisten).replace('0.0.0.0', '127.0.0.1')}`;
  }

  token(): Promise<string> {
    return readFile(join(String(this.cacher.config.statepath), 'token'), 'utf8');
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.#cdn.stop();
  }
}

/** `21:00`, so many hours from now. */
function clockAt(hours: number): string {
  return `${String(new Date(Date.now() + hours * HOUR_MS).getHours()).padStart(2, '0')}:00`;
}
