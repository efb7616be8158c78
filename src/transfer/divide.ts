import { allot } from './allot.ts';
import type { SharedRate } from './window-rates.ts';

/** What a flow may grow by within a tick, if it is not held back. */
const GROWTH = 1.25;
/** What one that rests may begin with, bytes/s; hundreds of them may not keep more than a small part of a limit from those that move. */
const START = 64 * 1024;
const STARTS_SHARE = 0.05;

/** Bytes per second right now; held: more would move if more were allowed. */
export interface Moving {
  readonly task: string;
  readonly rate: number;
  readonly isHeld: boolean;
}

/** Bytes per second; Infinity: no limit. */
export interface Bounds<F> {
  readonly node: number;
  readonly ofTask: (task: string) => number;
  /** Groups lie across the tasks: all flows that share a rate. */
  readonly ofGroup: (flow: F) => SharedRate | undefined;
}

/**
 * Divides what node, tasks and groups allow, max-min fairly: first among the tasks, then among the flows of each; a flow gets at most its share of its
 * group. What tasks leave of a group's rate the group's other flows have. Infinity: as many as come.
 */
export function divide<F extends Moving>(flows: readonly F[], bounds: Bounds<F>): number[] {
  const open = flows.map(() => Infinity);
  const caps = capsOf(flows, bounds, open);
  const shares = amongTasks(flows, bounds, caps);
  if (caps.every(cap => cap === Infinity)) return shares;
  const left = shares.map((share, index) => (share < (caps[index] ?? Infinity) ? share : Infinity));
  return amongTasks(flows, bounds, capsOf(flows, bounds, left));
}

/** The share of each flow in its group's rate, when none wants more than so much. */
function capsOf<F extends Moving>(flows: readonly F[], { ofGroup }: Bounds<F>, most: readonly number[]): number[] {
  const caps = flows.map(() => Infinity);
  const grouped = flows.flatMap((flow, index) => {
    const shared = ofGroup(flow);
    return shared ? [{ flow, index, shared }] : [];
  });
  for (const own of Map.groupBy(grouped, ({ shared }) => shared.group).values()) {
    // They change one after the other when the hour does.
    const rate = Math.min(...own.map(({ shared }) => shared.rate));
    const wants = wantsWithin(
      rate,
      own.map(({ flow }) => flow),
    );
    const shares = allot(
      rate,
      own.map(({ flow, index }) => Math.min(wants(flow), most[index] ?? Infinity)),
    );
    for (const [at, { index }] of own.entries()) caps[index] = shares[at] ?? 0;
  }
  return caps;
}

function amongTasks<F extends Moving>(flows: readonly F[], bounds: Bounds<F>, caps: readonly number[]): number[] {
  const wants = wantsWithin(bounds.node, flows);
  const capped = flows.map((flow, index) => ({ flow, index, cap: caps[index] ?? Infinity }));
  const tasks = [...Map.groupBy(capped, ({ flow }) => flow.task)].map(([task, own]) => {
    const limit = bounds.ofTask(task);
    return { own, limit, wants: Math.min(limit, sum(own.map(({ flow, cap }) => Math.min(cap, wants(flow))))) };
  });
  const shares = allot(
    bounds.node,
    tasks.map(task => task.wants),
  );
  const rates = flows.map(() => 0);
  for (const [at, { own, limit }] of tasks.entries()) {
    const share = Math.min(limit, shares[at] ?? 0);
    const within = wantsWithin(
      share,
      own.map(({ flow }) => flow),
    );
    const parts = allot(
      share,
      own.map(({ flow, cap }) => Math.min(cap, within(flow))),
    );
    for (const [place, { index, cap }] of own.entries()) rates[index] = Math.min(cap, parts[place] ?? 0);
  }
  return rates;
}

/** Says what each of the flows wants of so much, bytes/s. */
function wantsWithin(total: number, flows: readonly Moving[]): (flow: Moving) => number {
  const resting = flows.filter(({ rate, isHeld }) => !isHeld && rate * GROWTH < START).length;
  const start = Math.min(START, (total * STARTS_SHARE) / Math.max(resting, 1));
  return ({ rate, isHeld }) => (isHeld ? Infinity : Math.max(rate * GROWTH, start));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
