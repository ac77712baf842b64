// Records for contract suites: valid ones, of which a test names only what matters to it.
import type { DagDocument } from "../../src/model/document.ts";
import type {
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  LogEntry,
  TaskInstanceKey,
  XComRecord,
} from "../../src/model/records.ts";

const NOW = "2026-01-01T00:00:00.000Z";

/**
 * Text that an adapter must give back byte for byte: quotes, controls, combining marks, beyond the
 * BMP.
 */
export const TRICKY_TEXT = "ü ’ \" \\ \n \t \u0001 e\u0301 \u2028 日本 💾 %41 {{ ds }} $.x '; --";

/** A record of a DAG at its first revision. */
export function dagRecord(fields: Partial<DagRecord> = {}): DagRecord {
  return {
    dagId: "etl",
    file: "etl.ts",
    isPaused: false,
    isStale: false,
    versionHash: "hash-1",
    versionNumber: 1,
    lastParsedAt: NOW,
    revision: 1,
    ...fields,
  };
}

/** A document without tasks. */
export function dagDocument(fields: Partial<DagDocument> = {}): DagDocument {
  return {
    schemaVersion: 1,
    dagId: "etl",
    schedule: { kind: "cron", cron: "@daily" },
    timezone: "UTC",
    catchup: false,
    maxActiveRuns: 16,
    maxConsecutiveFailedDagRuns: 0,
    tags: [],
    params: {},
    callbacks: [],
    tasks: [],
    groups: [],
    ...fields,
  };
}

/** The first version of a DAG. */
export function dagVersion(fields: Partial<DagVersionRecord> = {}): DagVersionRecord {
  return {
    dagId: "etl",
    hash: "hash-1",
    number: 1,
    createdAt: NOW,
    file: "etl.ts",
    bundleHash: "bundle-1",
    document: dagDocument(),
    gates: [],
    ...fields,
  };
}

/** A queued manual run without logical date. */
export function dagRun(fields: Partial<DagRunRecord> = {}): DagRunRecord {
  return {
    dagId: "etl",
    runId: "manual__1",
    runType: "manual",
    state: "queued",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter: NOW,
    queuedAt: NOW,
    conf: {},
    triggeredBy: "cli",
    versionHash: "hash-1",
    clearNumber: 0,
    ...fields,
  };
}

/** A scheduled run of the day in January 2026. */
export function scheduledRun(day: number, fields: Partial<DagRunRecord> = {}): DagRunRecord {
  const date = januaryDay(day);
  return dagRun({
    runId: `scheduled__${date}`,
    runType: "scheduled",
    triggeredBy: "timetable",
    logicalDate: date,
    dataIntervalStart: date,
    dataIntervalEnd: date,
    runAfter: date,
    ...fields,
  });
}

/** Midnight of the day in January 2026. */
export function januaryDay(day: number): string {
  return new Date(Date.UTC(2026, 0, day)).toISOString();
}

/** A task that isn't mapped, in the run of dagRun(). */
export function taskKey(fields: Partial<TaskInstanceKey> = {}): TaskInstanceKey {
  return { dagId: "etl", runId: "manual__1", taskId: "load", mapIndex: -1, ...fields };
}

/** The return value of taskKey(). */
export function xcom(fields: Partial<XComRecord> = {}): XComRecord {
  return {
    ...taskKey(),
    key: "return_value",
    value: '{"rows":3}',
    sizeBytes: 10,
    timestamp: NOW,
    ...fields,
  };
}

/** A line that the task printed. */
export function logEntry(event: string): LogEntry {
  return { timestamp: NOW, level: "info", event, logger: "task.stdout" };
}
