import type { Registry } from 'prom-client';
import { METHODS, type Method } from '../core/method.ts';
import type { NodeApi, ScheduledTask } from './node.ts';

/** Version 0.0.4 of the text that Prometheus reads. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** GET /metrics. No label names a task: there would be a series per film. */
export async function metricsPage(node: NodeApi): Promise<string> {
  const [counts, tasks] = await Promise.all([node.taskCounts(), node.schedules()]);
  const { gauge, registry } = await freshRegistry();
  const count = gauge('bft_tasks', 'Tasks by direction (sent, received) and state.', ['direction', 'state']);
  for (const { direction, state, tasks } of counts) count.set({ direction, state }, tasks);
  gauge('bft_tasks_at_risk', 'Tasks that will miss their deadlines, or have missed them unfinished.', []).set(
    tasks.filter(({ isAtRisk }) => isAtRisk).length,
  );
  const open = gauge(
    'bft_window_open',
    '1 while a task that waits or downloads may fetch by the method, or the own hours of the node for it are open; else 0.',
    ['method'],
  );
  for (const method of METHODS) open.set({ method }, isOpen(method, node, tasks) ? 1 : 0);
  return await registry.metrics();
}

/** Loaded with the first call: it costs a fifth of the memory of a daemon that nobody asks. A registry for each answer keeps nothing between them. */
async function freshRegistry() {
  const { Gauge, Registry } = await import('prom-client');
  const registry: Registry = new Registry();
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  return { registry, gauge };
}

function isOpen(method: Method, node: NodeApi, tasks: readonly ScheduledTask[]): boolean {
  const now = node.now();
  const mayFetch = tasks.some(({ methods }) => methods[method]?.window.isOpen(now));
  return mayFetch || (node.ownTimetables()[method]?.isOpen(now) ?? false);
}
