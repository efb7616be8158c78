import { join } from 'node:path';
import { Daemon } from '../../src/daemon.ts';
import type { SteppedClock } from '../stepped-clock.ts';
import { TestNode } from './nodes.ts';

/** A daemon inside this process, on a clock of ours. */
export class ClockedNode extends TestNode {
  readonly #clock: SteppedClock;
  #daemon: Daemon | undefined;

  constructor(clock: SteppedClock, root: string, apiPort: number, config: Record<string, unknown>) {
    super(root, apiPort, { ...config, logfile: join(root, 'bftv2.log') });
    this.#clock = clock;
  }

  override async start(): Promise<void> {
    this.#daemon = await Daemon.create(await this.configure(), this.#clock);
    await this.#daemon.start();
  }

  override async end(): Promise<number> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
    return 0;
  }
}
