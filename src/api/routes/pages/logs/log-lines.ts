// Lines of a try's log as a page shows them: numbered, filtered where that is asked for, page by
// page.
import type { LogEntry } from "../../../../model/records.ts";
import type { TaskLogs, TryKey } from "../../../../ports/task-logs.ts";

export interface LogFilter {
  /** Lines of this level and above; absent: all. */
  readonly level?: LogEntry["level"] | undefined;
  /** Part of the line, whatever the case; absent: all. */
  readonly text?: string | undefined;
}

/** Where in a log somebody is. */
export interface LogPlace {
  /** Absent: at the beginning. */
  readonly after?: string;
  /** Of the next line, from 1; absent where nobody has counted the lines before. */
  readonly line?: number;
}

export interface LogLine {
  readonly n: number | null;
  readonly t: string;
  readonly l: LogEntry["level"];
  readonly m: string;
  readonly source: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly place: LogPlace;
  /** Whether nothing more was there to be read. */
  readonly isAtEnd: boolean;
}

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;

/** Chunks that one page looks through for lines that pass the filter. */
const MOST_CHUNKS = 8;

/** Goes on until some lines pass the filter, but not for ever. */
export async function readPage(
  logs: TaskLogs,
  key: TryKey,
  { place, filter }: { readonly place: LogPlace; readonly filter: LogFilter },
): Promise<LogPage> {
  let at = place;
  for (let chunks = 0; ; chunks += 1) {
    const chunk = await logs.read(key, at.after);
    const { entries } = chunk;
    const lines = linesOf(entries, at.line, filter);
    at = {
      after: chunk.next,
      ...(at.line === undefined ? {} : { line: at.line + entries.length }),
    };
    const isAtEnd = entries.length === 0;
    if (isAtEnd || lines.length > 0 || chunks + 1 === MOST_CHUNKS) {
      return { lines, place: at, isAtEnd };
    }
  }
}

/** The last lines, which nobody has counted. */
export async function readLastPage(
  logs: TaskLogs,
  key: TryKey,
  { bytes, filter }: { readonly bytes: number; readonly filter: LogFilter },
): Promise<LogPage> {
  const { entries, next } = await logs.readLast(key, bytes);
  return { lines: linesOf(entries, undefined, filter), place: { after: next }, isAtEnd: true };
}

function linesOf(
  entries: readonly LogEntry[],
  first: number | undefined,
  { level, text }: LogFilter,
): readonly LogLine[] {
  const least = level === undefined ? 0 : LEVELS.indexOf(level);
  const wanted = text?.toLowerCase();
  return entries.flatMap((entry, index): LogLine[] => {
    if (LEVELS.indexOf(entry.level) < least) return [];
    if (wanted !== undefined && !entry.event.toLowerCase().includes(wanted)) return [];
    const { timestamp: t, level: l, event: m, logger: source } = entry;
    return [{ n: first === undefined ? null : first + index, t, l, m, source }];
  });
}
