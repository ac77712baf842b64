// Logs whose every append is a request: lines are gathered about as long as somebody who watches a
// task would wait for them.
import type { LogEntry } from "../../model/records.ts";
import type { TaskLogs, TryKey } from "../../ports/task-logs.ts";
import type { WorkerLogs } from "./pool-task-runner.ts";

export interface GatheredLogs extends Required<WorkerLogs> {
  /** Writes whatever is gathered; resolves when all is written. */
  settled(): Promise<void>;
}

interface Gathered {
  readonly key: TryKey;
  readonly entries: LogEntry[];
  readonly timer: NodeJS.Timeout;
}

/** So many entries don't wait any longer. */
const MOST_GATHERED = 2_000;

export function createGatheredLogs(
  logs: Pick<TaskLogs, "append">,
  { gatherMs }: { readonly gatherMs: number },
): GatheredLogs {
  const gathered = new Map<string, Gathered>();
  const writing = new Set<Promise<void>>();

  function add(key: TryKey, entries: readonly LogEntry[]): void {
    const name = nameOf(key);
    let known = gathered.get(name);
    if (!known) {
      const timer = setTimeout(() => flush(name), gatherMs).unref();
      known = { key, entries: [], timer };
      gathered.set(name, known);
    }
    known.entries.push(...entries);
    if (known.entries.length >= MOST_GATHERED) flush(name);
  }

  function flush(name: string): void {
    const known = gathered.get(name);
    if (!known) return;
    gathered.delete(name);
    clearTimeout(known.timer);
    const written = logs.append(known.key, known.entries).finally(() => writing.delete(written));
    writing.add(written);
  }

  return {
    add,
    async append(key, entries) {
      if (entries.length > 0) add(key, entries);
      flush(nameOf(key));
      // The adapter keeps the order, so the last one is written after those before it.
      await Promise.all(writing);
    },
    async settled() {
      for (const name of [...gathered.keys()]) flush(name);
      await Promise.all(writing);
    },
  };
}

function nameOf({ dagId, runId, taskId, mapIndex, tryNumber }: TryKey): string {
  return JSON.stringify([dagId, runId, taskId, mapIndex, tryNumber]);
}
