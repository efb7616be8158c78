import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { nodeWith, startApi } from '../api/harness.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: unknown;
}

const sample = (name: string) => readFile(new URL(`../../etc/${name}`, import.meta.url), 'utf8');
const NAME = /\b(?:bft|process)_[a-z_]+/g;

describe('the samples for monitoring', () => {
  it('alert on what happened, with what to do', async () => {
    const { groups } = parse(await sample('prometheus-rules.yml')) as Rules;
    const rules = groups.flatMap(group => group.rules);
    assert.equal(new Set(rules.map(rule => rule.alert)).size, rules.length);
    for (const { alert, expr, annotations } of rules) {
      assert.ok(expr.length > 0, alert);
      assert.match(annotations.summary, /\{\{ ?\$labels\.instance ?\}\}/, alert);
      assert.ok(annotations.description.length > 0, alert);
    }
  });

  it('scrape the address of the API', async () => {
    const scrape = parse(await sample('prometheus.yml')) as { scrape_configs: readonly { metrics_path: string }[] };
    assert.deepEqual(
      scrape.scrape_configs.map(job => job.metrics_path),
      ['/metrics'],
    );
  });

  it('name only metrics that a node has', async () => {
    const dashboard = JSON.parse(await sample('grafana-dashboard.json')) as Dashboard;
    assert.equal(new Set(dashboard.panels.map(panel => panel.id)).size, dashboard.panels.length);
    const asked = dashboard.panels.flatMap(panel => panel.targets.map(target => target.expr));
    const texts = [...asked, JSON.stringify(dashboard.templating), await sample('prometheus-rules.yml')];
    const named = new Set(texts.flatMap(text => text.match(NAME) ?? []));
    // Without a value a gauge is left out.
    const api = await startApi({
      taskCounts: () => Promise.resolve([{ direction: 'sent', state: 'queues', tasks: 1 }]),
      operations: {
        ...nodeWith().operations,
        oldestQueued: () => Promise.resolve([{ direction: 'sent', seconds: 1 }]),
        diskFree: () => Promise.resolve([{ path: 'state', bytes: 1 }]),
      },
    });
    try {
      const { text } = await api.send({ path: '/metrics' });
      const known = new Set([...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name));
      assert.deepEqual(
        [...named].filter(name => !known.has(name)),
        [],
      );
      const labels = new Set(['instance', ...[...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label)]);
      const legends = JSON.stringify(dashboard) + texts.join();
      const shown = [...legends.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, label]) => label);
      assert.ok(shown.includes('path'));
      assert.deepEqual(
        shown.filter(label => !labels.has(label)),
        [],
      );
    } finally {
      await api.stop();
    }
  });
});
