import { VERSION } from './version.ts';

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

# HELP bft_queue_oldest_age_seconds Seconds since the oldest task in the queue was put there, by direction; 0: it is empty.
# TYPE bft_queue_oldest_age_seconds gauge
bft_queue_oldest_age_seconds{direction="received"} 0

# HELP bft_received_bytes_total Payload bytes that came in since the daemon began, wrong ones included.
# TYPE bft_received_bytes_total counter
bft_received_bytes_total{method="bt"} 52428800000
bft_received_bytes_total{method="obs"} 0
bft_received_bytes_total{method="cdn"} 1048576

# HELP bft_sent_bytes_total Payload bytes that went out since the daemon began: to peers, into the bucket, from the embedded origin (cdn).
# TYPE bft_sent_bytes_total counter
bft_sent_bytes_total{method="bt"} 1073741824
bft_sent_bytes_total{method="obs"} 0
bft_sent_bytes_total{method="cdn"} 0

# HELP bft_hash_failures_total Times that wrong bytes came in and were refused since the daemon began; of bt, once a second and source at most.
# TYPE bft_hash_failures_total counter
bft_hash_failures_total{method="bt"} 0
bft_hash_failures_total{method="obs"} 0
bft_hash_failures_total{method="cdn"} 2

# HELP bft_method_target_ratio Part of what the tasks that wait or download are to fetch that falls to the method, 0 to 1.
# TYPE bft_method_target_ratio gauge
bft_method_target_ratio{method="bt"} 0
bft_method_target_ratio{method="obs"} 0
bft_method_target_ratio{method="cdn"} 1

# HELP bft_window_open 1 while a task that waits or downloads may fetch by the method, or the own hours of the node for it are open; else 0.
# TYPE bft_window_open gauge
bft_window_open{method="bt"} 0
bft_window_open{method="obs"} 0
bft_window_open{method="cdn"} 1

# HELP bft_disk_free_bytes Bytes that the daemon may still write, by what lies there: storage, transfer, state.
# TYPE bft_disk_free_bytes gauge
bft_disk_free_bytes{path="storage"} 2000000000000

# HELP bft_build_info 1; the labels say what runs.
# TYPE bft_build_info gauge
bft_build_info{version="${VERSION}",servertype="sender"} 1

# HELP process_start_time_seconds When the process began, seconds since 1970.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1795264526.123
`;
