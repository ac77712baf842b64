// The log of one try, written where the try runs: lines are gathered and appended together. In a
// worker thread those not yet appended are in memory that survives it.

import { createSecretMasker, type SecretMasker } from "../model/connections/secret-masker.ts";
import type { LogEntry } from "../model/records.ts";
import type { TaskLogs, TryKey } from "../ports/task-logs.ts";
import { LineSplitter, MAX_LINE_BYTES } from "./line-splitter.ts";

/** How long a line may wait for others where it isn't said. */
const GATHER_MS = 50;
/** Entries that are appended at once. */
const MAX_GATHERED = 500;
/** Room for the note that a line cut elsewhere already carries. */
const NOTE_LENGTH = 100;

type Stream = "task.stdout" | "task.stderr";

export interface TryLog {
  /** What is masked in all that is added. */
  readonly secrets: SecretMasker;
  add(entry: Omit<LogEntry, "timestamp">): void;
  /** Output as it comes; a line is added when it is complete. */
  write(stream: Stream, chunk: Uint8Array): void;
  /** Adds output that has no line end yet. */
  endLines(): void;
  /** Appends everything. What comes later is appended too, but no longer survives the thread. */
  end(): void;
}

/** Text that survives the sudden end of who writes it. */
export interface UnwrittenTextWriter {
  /** False when there is no room for it. */
  add(text: string): boolean;
  clear(): void;
}

export interface TryLogOptions {
  /** Its `append` never rejects, and keeps the order of the calls. */
  readonly logs: Pick<TaskLogs, "append">;
  /** How long a line waits for others: 50 ms when absent, not at all when 0. */
  readonly gatherMs?: number;
  readonly unwritten?: UnwrittenTextWriter;
  /** Secrets that are known before the try asks for one. */
  readonly secrets?: Iterable<string>;
}

export function createTryLog(
  key: TryKey,
  { logs, unwritten = NONE, gatherMs = GATHER_MS, secrets: known = [] }: TryLogOptions,
): TryLog {
  const secrets = createSecretMasker(known);
  let gathered: LogEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const splitters = new Map<Stream, LineSplitter>();

  function add(entry: Omit<LogEntry, "timestamp">): void {
    const event = secrets.mask(cut(entry.event));
    const whole = { timestamp: new Date().toISOString(), ...entry, event };
    gathered.push(whole);
    const isSafe = !isEnded && unwritten.add(`${JSON.stringify(whole)}\n`);
    if (gatherMs === 0 || gathered.length >= MAX_GATHERED || (!isEnded && !isSafe)) flush();
    else timer ??= setTimeout(flush, gatherMs);
    // Lines don't keep a thread alive, but those after the end are lost without it.
    if (!isEnded) timer?.unref();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered.length === 0) return;
    // In a thread the adapter writes before it returns.
    void logs.append(key, gathered);
    gathered = [];
    if (!isEnded) unwritten.clear();
  }

  function endLines(): void {
    for (const splitter of splitters.values()) splitter.end();
  }

  return {
    secrets,
    add,
    endLines,
    write(stream, chunk) {
      let splitter = splitters.get(stream);
      if (!splitter) {
        splitter = new LineSplitter((event) =>
          add({ level: LEVELS[stream], event, logger: stream }),
        );
        splitters.set(stream, splitter);
      }
      splitter.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    },
    end() {
      endLines();
      flush();
      isEnded = true;
    },
  };
}

/** Where nothing survives there is nothing to be safe in. */
const NONE: UnwrittenTextWriter = { add: () => true, clear() {} };

const LEVELS = { "task.stdout": "info", "task.stderr": "error" } as const;

function cut(text: string): string {
  if (text.length <= MAX_LINE_BYTES + NOTE_LENGTH) return text;
  return `${text.slice(0, MAX_LINE_BYTES)} … [line of ${Buffer.byteLength(text)} bytes cut after ${MAX_LINE_BYTES}]`;
}
