// The API over a real store: two DAGs, runs in several states, logs and XComs, at a fixed moment.
// Tasks, where they run, do nothing.
import { onTestFinished } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { compile } from "../../src/compiler/compile.ts";
import { createFileTaskLogs } from "../../src/local/file-task-logs.ts";
import { createFileXComs } from "../../src/local/file-xcoms.ts";
import {
  createLocalStateMachines,
  LOCAL_FUNCTIONS,
} from "../../src/local/interpreter-state-machines.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { keptFactsOf } from "../../src/model/summaries/dag-facts.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { Platform } from "../../src/ports/platform.ts";
import { createServices, type Services } from "../../src/services/services.ts";
import { createMemoryKeys } from "../../src/services/stored/memory-keys.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { dagDocument, taskDocument } from "../model/documents.ts";

const NOW = Date.UTC(2026, 0, 31, 12);

const ETL = dagDocument({
  dagId: "etl",
  displayName: "Orders",
  description: "Loads orders",
  docMd: "# Orders",
  schedule: { kind: "cron", cron: "0 6 * * *" },
  startDate: "2026-01-01T00:00:00.000Z",
  tags: ["my_dags", "orders"],
  dagrunTimeout: 5_400,
  params: { day: { default: "monday", schema: { type: "string" } } },
  groups: [{ groupId: "group" }, { groupId: "group.inner", parentId: "group" }],
  tasks: [
    taskDocument("extract", { operator: "bash", owner: "ann", executionTimeout: 90_061.5 }),
    taskDocument("load", { operator: "@task", upstream: ["extract"], retries: 3 }),
    taskDocument("alert", {
      upstream: ["load"],
      triggerRule: "one_failed",
      groupId: "group.inner",
    }),
  ],
});

const BY_HAND = dagDocument({ dagId: "by_hand", tasks: [taskDocument("only")] });

export interface ApiProduct {
  readonly metadata: Metadata;
  readonly platform: Platform;
  readonly services: Services;
  /** For requests that `ask` can't make. */
  readonly app: ReturnType<typeof createApiServer>;
  /** Path below /api/v2; a body makes it a POST unless told. */
  ask(
    path: string,
    options?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ readonly status: number; readonly body: ReturnType<typeof JSON.parse> }>;
}

/** To be called within a test. */
export async function createApiProduct(): Promise<ApiProduct> {
  const folder = temporaryFolder();
  const metadata = createSqliteMetadata({ file: ":memory:" });
  const clock = { now: () => NOW, sleep: async () => {} };
  const report = { info() {}, warn() {}, error() {} };
  const stateMachines = createLocalStateMachines({
    metadata,
    clock,
    report,
    functions: () => ({
      worker: services.worker.execute,
      recorder: services.recorder.handle,
      defer() {},
      async failed() {},
    }),
  });
  const platform: Platform = {
    metadata,
    clock,
    report,
    stateMachines,
    logs: createFileTaskLogs(folder),
    xcoms: createFileXComs(folder),
    secrets: { getConnection: async () => undefined, getVariable: async () => undefined },
    encryptionKeys: createMemoryKeys(),
    source: { list: async () => [], read: async () => undefined },
    bundles: {
      put: async () => {},
      has: async () => true,
      delete: async () => {},
      url: async () => "data:,",
    },
    loader: { load: async () => ({ dags: [], diagnostics: [] }) },
    runner: {
      reserve: async () => ({ run: async () => ({ kind: "success" }), release() {} }),
      runCallbacks: async () => {},
    },
    schedules: { set: async () => {}, remove: async () => {} },
    notifications: { publish: async () => {} },
    triggers: { set: async () => {}, setAll: async () => {} },
    randomId: () => "abcdefgh",
  };
  const services: Services = createServices(platform);
  const app = createApiServer(platform, services, {
    version: "1.2.3",
    dagsFolder: "/dags",
    localUser: "ann",
    settings: [
      { section: "core", option: "parallelism", value: "32" },
      { section: "core", option: "dags_folder", value: "/dags" },
      { section: "slack", option: "webhook", value: "https://slack.test/x", isSensitive: true },
    ],
  });
  onTestFinished(async () => {
    await stateMachines.shutDown();
    await metadata.close();
  });
  await publish(metadata, ETL, { isPaused: true });
  await publish(metadata, BY_HAND, { isPaused: false });
  await fill(platform);
  return {
    metadata,
    platform,
    services,
    app,
    async ask(path, { body, headers = {}, method = body === undefined ? "GET" : "POST" } = {}) {
      const response = await app.request(`/api/v2${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
}

export async function publish(
  metadata: Metadata,
  document: DagDocument,
  { isPaused, isStale = false }: { readonly isPaused: boolean; readonly isStale?: boolean },
): Promise<void> {
  const { dagId } = document;
  const file = `${dagId}.ts`;
  const { gates } = compile(document, { functions: LOCAL_FUNCTIONS });
  const createdAt = "2026-01-30T08:00:00.250Z";
  const facts = keptFactsOf(document);
  await metadata.versions.create({
    dagId,
    hash: "v1",
    number: 1,
    createdAt,
    file,
    bundleHash: "b1",
    document,
    gates,
  });
  await metadata.dags.put({
    dagId,
    file,
    isPaused,
    isStale,
    versionHash: "v1",
    versionNumber: 1,
    lastParsedAt: createdAt,
    ...(facts && { facts }),
    revision: 1,
  });
  await metadata.files.put({
    file,
    imports: [],
    dagIds: [dagId],
    diagnostics: [],
    processedAt: createdAt,
  });
}

/** Runs of 29, 30 and 31 January: a success, a failure with logs and XComs, one that goes on. */
async function fill({ metadata, logs, xcoms }: Platform): Promise<void> {
  for (const [day, state] of [
    [29, "success"],
    [30, "failed"],
    [31, "running"],
  ] as const) {
    const date = `2026-01-${day}T06:00:00.000Z`;
    await metadata.runs.create({
      dagId: "etl",
      runId: `scheduled__2026-01-${day}T06:00:00+00:00`,
      runType: "scheduled",
      state,
      logicalDate: date,
      dataIntervalStart: date,
      dataIntervalEnd: date,
      runAfter: date,
      queuedAt: `2026-01-${day}T06:00:00.100Z`,
      startDate: `2026-01-${day}T06:00:00.200Z`,
      ...(state === "running" ? {} : { endDate: `2026-01-${day}T06:00:04.700Z` }),
      conf: {},
      triggeredBy: "timetable",
      versionHash: "v1",
      clearNumber: 0,
    });
  }
  const key = { dagId: "etl", runId: FAILED_RUN, taskId: "load", mapIndex: -1 };
  const tries = [
    {
      tryNumber: 1,
      state: "failed",
      startDate: "2026-01-30T06:00:01.000Z",
      endDate: "2026-01-30T06:00:02.000Z",
    },
  ] as const;
  const xcom = { ...key, sizeBytes: 4, timestamp: "2026-01-30T06:00:03.000Z" };
  const ref = await xcoms.put(key, "return_value", JSON.stringify({ total: 7 }));
  await metadata.taskInstances.update({
    key,
    from: [null],
    set: {
      state: "failed",
      tryNumber: 2,
      maxTries: 3,
      startDate: "2026-01-30T06:00:03.000Z",
      endDate: "2026-01-30T06:00:04.500Z",
      message: "TypeError: no rows",
      tries,
    },
    xcoms: [
      { ...xcom, key: "rows", value: "1250" },
      { ...xcom, key: "return_value", ref },
    ],
  });
  const entry = { level: "info", logger: "task.stdout" } as const;
  await logs.append({ ...key, tryNumber: 2 }, [
    { ...entry, timestamp: "2026-01-30T06:00:03.100Z", event: "loading" },
    { ...entry, timestamp: "2026-01-30T06:00:04.000Z", event: "no rows", level: "error" },
  ]);
  const running = { ...key, runId: RUNNING_RUN, taskId: "extract" };
  await metadata.taskInstances.update({
    key: running,
    from: [null],
    set: {
      state: "running",
      tryNumber: 1,
      maxTries: 0,
      startDate: "2026-01-31T06:00:01.000Z",
      tries: [],
    },
  });
  await logs.append({ ...running, tryNumber: 1 }, [
    { ...entry, timestamp: "2026-01-31T06:00:02.000Z", event: "extracting" },
  ]);
}

export const FAILED_RUN = "scheduled__2026-01-30T06:00:00+00:00";
export const RUNNING_RUN = "scheduled__2026-01-31T06:00:00+00:00";
