// Follows the logs of all tries of a run while it goes on.
import type { LogEntry, TaskInstanceRecord } from "../../../model/records.ts";
import { isFinished } from "../../../model/states.ts";
import type { TaskLogs } from "../../../ports/task-logs.ts";

export interface TaskLogLine {
  readonly taskId: string;
  readonly entry: LogEntry;
}

export interface LogTail {
  /**
   * What was logged since the last call, by time. The records must have been read before the call.
   */
  read(records: Iterable<TaskInstanceRecord>): Promise<readonly TaskLogLine[]>;
}

export function createLogTail(logs: TaskLogs): LogTail {
  const ended = new Set<string>();
  const positions = new Map<string, string>();

  async function readTry(record: TaskInstanceRecord, tryNumber: number): Promise<TaskLogLine[]> {
    const { dagId, runId, taskId, mapIndex } = record;
    const name = `${taskId} ${mapIndex} ${tryNumber}`;
    if (ended.has(name)) return [];
    const lines: TaskLogLine[] = [];
    for (;;) {
      const position = positions.get(name);
      const chunk = await logs.read({ dagId, runId, taskId, mapIndex, tryNumber }, position);
      positions.set(name, chunk.next);
      lines.push(...chunk.entries.map((entry) => ({ taskId, entry })));
      if (chunk.entries.length === 0) break;
    }
    if (hasEnded(record, tryNumber)) ended.add(name);
    return lines;
  }

  return {
    async read(records) {
      const lines: TaskLogLine[] = [];
      for (const record of records) {
        for (let tryNumber = 1; tryNumber <= record.tryNumber; tryNumber += 1) {
          lines.push(...(await readTry(record, tryNumber)));
        }
      }
      return lines.sort((a, b) => compare(a.entry.timestamp, b.entry.timestamp));
    },
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hasEnded({ state, tryNumber: last }: TaskInstanceRecord, tryNumber: number): boolean {
  return tryNumber < last || isFinished(state) || state === "up_for_retry";
}
