// A line of our own in the log of a try, about what happened to it outside of its thread.
import type { LogEntry } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import type { TryKey } from "../../ports/task-logs.ts";

/** To be written before the end is recorded: readers of the log stop there. */
export async function addLogLine(
  { logs, clock }: Pick<Platform, "logs" | "clock">,
  { dagId, runId, taskId, mapIndex, tryNumber }: TryKey,
  { level, event }: Pick<LogEntry, "level" | "event">,
): Promise<void> {
  const timestamp = new Date(clock.now()).toISOString();
  const key = { dagId, runId, taskId, mapIndex, tryNumber };
  await logs.append(key, [{ timestamp, level, event, logger: "stepwind" }]);
}
