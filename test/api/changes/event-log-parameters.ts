// Parameters of the event log, which event-logs.test.ts tests.

export const EVENT_LOG_PARAMETERS: readonly string[] = [
  ...["limit", "offset", "order_by", "dag_id", "task_id", "run_id", "map_index", "try_number"],
  ...["owner", "event", "excluded_events", "included_events", "before", "after"],
  ...["dag_id", "task_id", "run_id", "owner", "event"].flatMap((name) => [
    `${name}_pattern`,
    `${name}_prefix_pattern`,
  ]),
];
