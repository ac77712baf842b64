// The task's own log, as handlers, operators and callbacks see it; the runtime writes the lines.

/** Airflow's five levels. A message may have several lines. */
export interface TaskLog {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  critical(message: string): void;
}
