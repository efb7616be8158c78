import type { Registry } from 'prom-client';
import { METHODS, type Method } from '../core/method.ts';
import type { NodeApi, ScheduledTask } from './node.ts';
import { VERSION } from './version.ts';

/** Version 0.0.4 of the text that Prometheus reads. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Values = readonly (readonly [Labels, number])[];
interface Page {
  gauge(name: string, help: string, values: Values): void;
  counter(name: string, help: string, values: Values): void;
}

/** GET /metrics. No label names a task: there would be a series per film. */
export async function metricsPage(node: NodeApi): Promise<string> {
  const { operations } = node;
  const [counts, tasks, queues, disks] = await Promise.all([
    node.taskCounts(),
    node.schedules(),
    operations.oldestQueued(),
    operations.diskFree(),
  ]);
  const { page, registry } = await freshRegistry();
  page.gauge(
    'bft_tasks',
    'Tasks by direction (sent, received) and state.',
    counts.map(({ direction, state, tasks }) => [{ direction, state }, tasks]),
  );
  page.gauge('bft_tasks_at_risk', 'Tasks that will miss their deadlines, or have missed them unfinished.', [
    [{}, tasks.filter(({ isAtRisk }) => isAtRisk).length],
  ]);
  page.gauge(
    'bft_queue_oldest_age_seconds',
    'Seconds since the oldest task in the queue was put there, by direction; 0: it is empty.',
    queues.map(({ direction, seconds }) => [{ direction }, seconds]),
  );
  methods(page, node, tasks);
  page.gauge(
    'bft_disk_free_bytes',
    'Bytes that the daemon may still write, by what lies there: storage, transfer, state.',
    disks.map(({ path, bytes }) => [{ path }, bytes]),
  );
  page.gauge('bft_build_info', '1; the labels say what runs.', [
    [{ version: VERSION, servertype: node.serverType }, 1],
  ]);
  page.gauge('process_start_time_seconds', 'When the process began, seconds since 1970.', [
    [{}, Math.round(performance.timeOrigin) / 1000],
  ]);
  return await registry.metrics();
}

function methods(page: Page, node: NodeApi, tasks: readonly ScheduledTask[]): void {
  const { received, sent, hashFailures } = node.operations.totals();
  const each = (value: (method: Method) => number): Values => METHODS.map(method => [{ method }, value(method)]);
  page.counter(
    'bft_received_bytes_total',
    'Payload bytes that came in since the daemon began, wrong ones included.',
    each(method => received[method]),
  );
  page.counter(
    'bft_sent_bytes_total',
    'Payload bytes that went out since the daemon began: to peers, into the bucket, from the embedded origin (cdn).',
    each(method => sent[method]),
  );
  page.counter(
    'bft_hash_failures_total',
    'Times that wrong bytes came in and were refused since the daemon began; of bt, once a second and source at most.',
    each(method => hashFailures[method]),
  );
  page.gauge(
    'bft_method_target_ratio',
    'Part of what the tasks that wait or download are to fetch that falls to the method, 0 to 1.',
    each(method => target(method, tasks)),
  );
  page.gauge(
    'bft_window_open',
    '1 while a task that waits or downloads may fetch by the method, or the own hours of the node for it are open; else 0.',
    each(method => (isOpen(method, node, tasks) ? 1 : 0)),
  );
}

/** Loaded with the first call: it costs a fifth of the memory of a daemon that nobody asks. A registry for each answer keeps nothing between them. */
async function freshRegistry(): Promise<{ page: Page; registry: Registry }> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry: Registry = new Registry();
  const options = (name: string, help: string, values: Values) => {
    return { name, help, labelNames: Object.keys(values[0]?.[0] ?? {}), registers: [registry] };
  };
  // One without values would be shown as 0.
  const page: Page = {
    gauge(name, help, values) {
      if (values.length === 0) return;
      const gauge = new Gauge(options(name, help, values));
      for (const [labels, value] of values) gauge.set(labels, value);
    },
    counter(name, help, values) {
      const counter = new Counter(options(name, help, values));
      for (const [labels, value] of values) counter.inc(labels, value);
    },
  };
  return { page, registry };
}

function target(method: Method, tasks: readonly ScheduledTask[]): number {
  const total = (one: Method) => tasks.reduce((sum, { methods }) => sum + (methods[one]?.total ?? 0), 0);
  const all = METHODS.reduce((sum, one) => sum + total(one), 0);
  return all === 0 ? 0 : total(method) / all;
}

function isOpen(method: Method, node: NodeApi, tasks: readonly ScheduledTask[]): boolean {
  const now = node.now();
  const mayFetch = tasks.some(({ methods }) => methods[method]?.window.isOpen(now));
  return mayFetch || (node.ownTimetables()[method]?.isOpen(now) ?? false);
}
