/** Answers as they may be, for docs/API.md and the OpenAPI document. */

const NIGHT = { opens: '2026-11-21T22:00:00+08:00', closes: '2026-11-22T06:00:00+08:00' };

export const SCHEDULE_EXAMPLE = {
  now: '2026-11-21T20:45:00+08:00',
  zone: 'Asia/Shanghai',
  methods: {
    bt: { own: null, timetables: [], others: 0 },
    obs: { own: null, timetables: [], others: 0 },
    cdn: {
      own: null,
      timetables: [
        {
          window: '22:00-06:00',
          open: false,
          periods: [{ ...NIGHT, rate: null }],
          tasks: 1,
        },
      ],
      others: 0,
    },
  },
  tasks: [
    {
      name: 'cfec-001-film.task.json',
      state: 'downloading',
      ratio: '0:0:1',
      policy: 'priortime',
      deadline: '2026-11-27T18:00:00+08:00',
      forecast: '2026-11-23T02:10:00+08:00',
      atrisk: false,
      methods: {
        cdn: { window: '22:00-06:00', open: false, rate: 0, bytes: 52428800000, total: 209715200000, ...NIGHT },
      },
    },
  ],
};

export const EVENTS_EXAMPLE = {
  events: [
    {
      number: 17,
      code: 'DEADLINE_AT_RISK',
      task: 'cfec-001-film.task.json',
      text: 'cfec-001-film.task.json will not be complete by its deadline 2026-11-22 18:00:00, as it goes now: not before 2026-11-23 02:10:00',
      time: '2026-11-21T20:45:00+08:00',
    },
  ],
};

export const METRICS_EXAMPLE = `# HELP bft_tasks Tasks by direction (sent, received) and state.
# TYPE bft_tasks gauge
bft_tasks{direction="received",state="queues"} 0
bft_tasks{direction="received",state="downloading"} 1
bft_tasks{direction="received",state="downloaded"} 3
bft_tasks{direction="received",state="history"} 12

# HELP bft_tasks_at_risk Tasks that will miss their deadlines, or have missed them unfinished.
# TYPE bft_tasks_at_risk gauge
bft_tasks_at_risk 1

# HELP bft_window_open 1 while a task that waits or downloads may fetch by the method, or the own hours of the node for it are open; else 0.
# TYPE bft_window_open gauge
bft_window_open{method="bt"} 0
bft_window_open{method="obs"} 0
bft_window_open{method="cdn"} 1
`;
