import { freePort, TestFleet, type TestNode } from '../e2e/nodes.ts';
import { SourceProxy } from '../transports/source-proxy.ts';
import { Wire } from './wire.ts';

/** A sender, its bucket, a CDN and one receiver, with a counter on the wire of each method. */
export class WireSite {
  readonly fleet: TestFleet;
  readonly receiver: TestNode;
  readonly wire: Wire;
  readonly #cdn: SourceProxy;

  private constructor(fleet: TestFleet, receiver: TestNode, wire: Wire, cdn: SourceProxy) {
    this.fleet = fleet;
    this.receiver = receiver;
    this.wire = wire;
    this.#cdn = cdn;
  }

  /** `more`: configuration of the sender. */
  static async open(more: Record<string, unknown> = {}): Promise<WireSite> {
    const cdn = new SourceProxy();
    await cdn.start();
    const [theirs, ours] = [await freePort(), await freePort()];
    const fleet = await TestFleet.create({ cdnurl: cdn.url, btport: theirs, loglevel: 'info', ...more });
    cdn.upstream = Number(new URL(fleet.originUrl).port);
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    const receiver = await fleet.node('receiver', 'receiver', { btport: ours, takeoverminutes: 30, loglevel: 'info' });
    const ports = { bt: [theirs, ours], obs: [fleet.obsPort], cdn: [Number(new URL(cdn.url).port)] };
    return new WireSite(fleet, receiver, new Wire(ports), cdn);
  }

  async close(): Promise<void> {
    this.wire.close();
    await this.fleet.close();
    await this.#cdn.stop();
  }
}
