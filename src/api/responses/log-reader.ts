// A try's log as Airflow's API answers it (TaskInstancesLogResponse): structured messages, and a
// token to read on with while more may come.
import type { DagRunRecord, LogEntry, TaskInstanceRecord } from "../../model/records.ts";
import { isFinished, isRunFinished } from "../../model/states.ts";
import type { LogChunk, TaskLogs, TryKey } from "../../ports/task-logs.ts";
import { readToken, toToken } from "../requests/tokens.ts";

interface LogQuery {
  /** `continuation_token` of the answer before. */
  readonly token: string | undefined;
  /** Everything in one answer, as far as `maxBytes` lets. */
  readonly isWhole: boolean;
  /** Of an answer that can pass; absent: any can. */
  readonly maxBytes?: number | undefined;
  readonly run: DagRunRecord;
  /** As read before the log, so that a try that has ended has its log whole. */
  readonly record: TaskInstanceRecord | undefined;
}

/** The token is null when nothing more will come. */
export async function readLog(logs: TaskLogs, key: TryKey, query: LogQuery) {
  const entries: LogEntry[] = [];
  let chunk = await logs.read(
    key,
    query.token === undefined ? undefined : readToken("token", query.token),
  );
  entries.push(...chunk.entries);
  let size = sizeOf(chunk);
  const hasEnded = hasTryEnded(key.tryNumber, query);
  // One look more: a log that fits one answer needs no second request.
  while (chunk.entries.length > 0 && (hasEnded || query.isWhole)) {
    const following = await logs.read(key, chunk.next);
    if (following.entries.length > 0 && !query.isWhole) break;
    // The rest comes with the continuation token.
    size += sizeOf(following);
    if (query.maxBytes !== undefined && size > query.maxBytes) break;
    entries.push(...following.entries);
    chunk = following;
  }
  const isAtEnd = hasEnded && chunk.entries.length === 0;
  return {
    content: entries.map((entry) => toMessage(cutEntry(entry, query.maxBytes))),
    continuation_token: isAtEnd ? null : toToken(chunk.next),
  };
}

/** Whether nothing more is written to the log of the try. */
export function hasTryEnded(
  tryNumber: number,
  { run, record }: Pick<LogQuery, "run"> & Partial<Pick<LogQuery, "record">>,
): boolean {
  if (record === undefined || record.tryNumber < tryNumber) return isRunFinished(run.state);
  return (
    record.tryNumber > tryNumber || isFinished(record.state) || record.state === "up_for_retry"
  );
}

function sizeOf({ entries }: LogChunk): number {
  return Buffer.byteLength(JSON.stringify(entries));
}

/** A line that no answer can hold is cut, and says so. */
function cutEntry(entry: LogEntry, maxBytes: number | undefined): LogEntry {
  if (maxBytes === undefined || entry.event.length <= maxBytes / 4) return entry;
  const { length } = entry.event;
  const kept = Math.floor(maxBytes / 8);
  return {
    ...entry,
    event: `${entry.event.slice(0, kept)}… (cut: the line has ${length} characters)`,
  };
}

function toMessage({ timestamp, ...rest }: LogEntry) {
  return timestamp === "" ? rest : { timestamp, ...rest };
}
