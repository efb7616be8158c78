import { basename } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { METHODS, type Method } from '../core/method.ts';
import { NodeFailure } from './failure.ts';
import { DeliveryMeter } from './meter.ts';
import type { MethodProgress } from './node/replies.ts';
import { type DemoNode, orderReceive, quoting } from './node/node.ts';
import { barLines, flowSentence } from './view/bars.ts';
import type { View } from './view/view.ts';
import { poll, StallWatch, together } from './waiting.ts';

const STALL_MS = 180_000;
const NOTHING: MethodProgress = { state: 'unknown', bytes: 0, total: 0, rate: 0 };

export interface Delivery {
  readonly meter: DeliveryMeter;
  /** Seconds from the order to the answer `downloaded`, per receiver. */
  readonly seconds: ReadonlyMap<string, number>;
}

/** Has the cacher fetch the whole bt share, and waits until it has it. */
export async function fillCacher(cacher: DemoNode, taskFile: string, view: View, signal: AbortSignal): Promise<void> {
  const stall = new StallWatch(STALL_MS);
  const full = async () => {
    const { return_content } = await cacher.client.ask('cprogress', { taskfile: basename(taskFile) });
    const { status = 'unknown', desc = '', methods } = return_content;
    if (status.endsWith(' error')) throw new NodeFailure(`${cacher.name}: ${status}: ${desc}`);
    const bt = methods?.bt ?? NOTHING;
    view.progress(barLines({ bt, obs: NOTHING, cdn: NOTHING }).slice(0, 1), describe('bt', bt));
    stall.see(cacher.name, `${status} ${desc}, ${describe('bt', bt)}`);
    return (status === 'seeding' && bt.total > 0 && bt.bytes === bt.total) || undefined;
  };
  await quoting(cacher, async () => {
    await orderReceive(cacher, taskFile);
    await poll(`filling ${cacher.name}`, full, signal);
  });
}

/** Has all receivers fetch the package at once, and waits until each says that it has it. */
export async function deliver(
  receivers: readonly DemoNode[],
  taskFile: string,
  view: View,
  signal: AbortSignal,
): Promise<Delivery> {
  const meter = new DeliveryMeter(receivers.length, systemClock);
  const seconds = new Map<string, number>();
  const works = receivers.map(receiver => async (signal: AbortSignal) => {
    const began = systemClock.monotonic();
    await quoting(receiver, () => receive(receiver, taskFile, meter, view, signal));
    seconds.set(receiver.name, (systemClock.monotonic() - began) / 1000);
  });
  await together(works, signal);
  return { meter, seconds };
}

async function receive(
  receiver: DemoNode,
  taskFile: string,
  meter: DeliveryMeter,
  view: View,
  signal: AbortSignal,
): Promise<void> {
  const stall = new StallWatch(STALL_MS);
  const downloaded = async () => {
    const { return_content } = await receiver.client.ask('progress', { taskfile: basename(taskFile) });
    const { status = 'unknown', downerror = '', desc = '', methods } = return_content;
    if (methods !== undefined) meter.record(receiver.name, methods);
    if (status === 'downloaderror') throw new NodeFailure(`${receiver.name}: ${status}: ${desc || downerror}`);
    view.progress(barLines(meter.flows()), flowSentence(meter.flows()));
    const state = METHODS.map(method => describe(method, methods?.[method] ?? NOTHING)).join(', ');
    stall.see(receiver.name, `${status} ${desc}, ${state}`);
    return status === 'downloaded' || status === 'history' || undefined;
  };
  await orderReceive(receiver, taskFile);
  await poll(`waiting for ${receiver.name}`, downloaded, signal);
}

function describe(method: Method, { bytes, total, trouble = '' }: MethodProgress): string {
  return `${method} ${bytes} of ${total} bytes${trouble === '' ? '' : ` (${trouble})`}`;
}
