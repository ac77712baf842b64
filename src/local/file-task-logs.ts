// Task logs on disk as JSON lines, in Airflow's layout: dag_id=…/run_id=…/task_id=…/attempt=N.log;
// those of a DAG's callbacks in dag_callbacks. Workers write them from their threads; a log that
// can't be written never fails a task.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LogEntry } from "../model/records.ts";
import { UnknownPlace } from "../ports/pages.ts";
import type { Reporter } from "../ports/platform.ts";
import type { TaskLogs, TryKey } from "../ports/task-logs.ts";
import { toSafeName } from "./safe-names.ts";

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
/** Of a file, in bytes. */
const OFFSET = /^\d{1,15}$/;

/** `report` is told once when logs can't be written, and once when they can again. */
export function createFileTaskLogs(
  folder: string,
  { report }: { readonly report?: Reporter } = {},
): TaskLogs {
  let isFailing = false;
  /** Files whose last line was cut off by a failing write. */
  const torn = new Set<string>();

  function toFolder(dagId: string): string {
    return join(folder, `dag_id=${toSafeName(dagId)}`);
  }

  function toPath({ dagId, runId, taskId, mapIndex, tryNumber }: TryKey): string {
    return join(
      toFolder(dagId),
      `run_id=${toSafeName(runId)}`,
      taskId === "" ? "dag_callbacks" : `task_id=${toSafeName(taskId)}`,
      mapIndex >= 0 ? `map_index=${mapIndex}` : "",
      `attempt=${tryNumber}.log`,
    );
  }

  return {
    async append(key, entries) {
      if (entries.length === 0) return;
      const path = toPath(key);
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      try {
        appendWhole(path, torn.has(path) ? `\n${lines}` : lines);
        torn.delete(path);
        if (isFailing) report?.info(`Task logs are written to ${folder} again`);
        isFailing = false;
      } catch (error) {
        torn.add(path);
        if (!isFailing) {
          report?.error(
            `Task logs can't be written to ${folder}: ${String(error)}. Tasks go on, their log lines are lost`,
          );
        }
        isFailing = true;
      }
    },
    async read(key, after = "0") {
      if (!OFFSET.test(after)) throw new UnknownPlace(`"${after}" continues no log`);
      const lines = await readLines(toPath(key), Number(after));
      return {
        entries: lines.toString().split("\n").filter(Boolean).map(parseEntry),
        next: String(Number(after) + lines.length),
      };
    },
    async readLast(key, bytes) {
      const { lines, end } = await readLastLines(toPath(key), bytes);
      return {
        entries: lines.toString().split("\n").filter(Boolean).map(parseEntry),
        next: String(end),
      };
    },
    async deleteDag(dagId) {
      await rm(toFolder(dagId), { recursive: true, force: true });
    },
    async deleteRun(dagId, runId) {
      const path = join(toFolder(dagId), `run_id=${toSafeName(runId)}`);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/**
 * One write in append mode, so that lines of several writers don't mix. Throws when not all of it
 * was written.
 */
function appendWhole(path: string, lines: string): void {
  // Cheaper than the exception of finding the folder missing: most tries write one or two times.
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a");
  try {
    const bytes = Buffer.from(lines);
    const written = writeSync(file, bytes);
    if (written < bytes.length) writeSync(file, bytes, written);
  } finally {
    closeSync(file);
  }
}

/**
 * Whole lines from the offset on, about a chunk of them but at least one; empty while none is
 * complete.
 */
async function readLines(path: string, offset: number): Promise<Buffer> {
  const file = await open(path).catch(absentAs(undefined));
  if (file === undefined) return Buffer.alloc(0);
  try {
    for (let size = CHUNK_BYTES; ; size *= 2) {
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.allocUnsafe(size),
        position: offset,
      });
      const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      if (end > 0 || bytesRead < size) return buffer.subarray(0, end);
    }
  } finally {
    await file.close();
  }
}

/** The last whole lines of the file, and the offset behind them. */
async function readLastLines(
  path: string,
  bytes: number,
): Promise<{ readonly lines: Buffer; readonly end: number }> {
  const file = await open(path).catch(absentAs(undefined));
  if (file === undefined) return { lines: Buffer.alloc(0), end: 0 };
  try {
    const { size: fileSize } = await file.stat();
    for (let size = bytes; ; size *= 2) {
      const offset = Math.max(fileSize - size, 0);
      const buffer = Buffer.allocUnsafe(fileSize - offset);
      const { bytesRead } = await file.read({ buffer, position: offset });
      const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      // Unless it is that of the file, the first line may be the end of a longer one.
      const start = offset === 0 ? 0 : buffer.indexOf(NEWLINE) + 1;
      if (offset > 0 && start >= end) continue;
      return { lines: buffer.subarray(start, end), end: offset + end };
    }
  } finally {
    await file.close();
  }
}

/** What stands for a file that isn't there; other errors are thrown on. */
function absentAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}

/** A line that a failing write has cut off is shown as it is, so that nothing is hidden. */
function parseEntry(line: string): LogEntry {
  try {
    return JSON.parse(line);
  } catch {
    return { timestamp: "", level: "warning", event: line, logger: "stepwind" };
  }
}
