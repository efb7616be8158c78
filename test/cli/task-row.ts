import type { TaskRow } from '../../src/api/rest/shapes.ts';

/** A task of 10 KiB of which a quarter is here. */
export function taskRow(more: Partial<TaskRow> = {}): TaskRow {
  const share = { bytes: 1280, total: 5120, rate: 512 };
  return {
    id: 'received/cfec-001-film.task.json',
    direction: 'received',
    name: 'cfec-001-film.task.json',
    package: 'film',
    basesubdir: 'cfec-001',
    state: 'downloading',
    status: 'transferring',
    group: 'active',
    cause: null,
    until: null,
    size: 10_240,
    local: 0,
    bytes: 2560,
    left: 7680,
    rate: 1024,
    ratio: '1:1:1',
    policy: 'fulltime',
    methods: { bt: share, obs: share, cdn: { bytes: 0, total: 0, rate: 0 } },
    deadline: null,
    forecast: null,
    atrisk: false,
    actions: ['pause', 'cancel', 'limits'],
    ...more,
  };
}
