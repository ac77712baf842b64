// Logs of task tries, as JSON lines; readable while the task runs.
import type { LogEntry, TaskInstanceKey } from "../model/records.ts";

export interface TryKey extends TaskInstanceKey {
  readonly tryNumber: number;
}

export interface LogChunk {
  readonly entries: readonly LogEntry[];
  /** Give it back as `after` to read on; what is written later appears behind it. */
  readonly next: string;
}

export interface TaskLogs {
  append(key: TryKey, entries: readonly LogEntry[]): Promise<void>;
  /**
   * Empty when nothing was logged. At most about 1 MiB at a time. Throws UnknownPlace for an
   * `after` that no part gave out.
   */
  read(key: TryKey, after?: string): Promise<LogChunk>;
  /** The last whole lines, about so many bytes of them but at least one; empty like `read`. */
  readLast(key: TryKey, bytes: number): Promise<LogChunk>;
  /** Removes the logs of a DAG. */
  deleteDag(dagId: string): Promise<void>;
  /** Removes the logs of a run. Repeating is safe. */
  deleteRun(dagId: string, runId: string): Promise<void>;
}
