/** Answers as they may be, for docs/API.md and the OpenAPI document. */

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
