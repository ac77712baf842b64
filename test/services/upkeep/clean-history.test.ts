// Old history is removed by age: what is needed stays, whatever its age, and a pass that runs out
// of time goes on where it was.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import { parseRetention } from "../../../src/model/scheduling/history-retention.ts";
import { eventLogId } from "../../../src/model/upkeep/event-log.ts";
import { keepDagCode } from "../../../src/services/dag-processing/notes/dag-codes.ts";
import { cleanByAge, cleanHistory } from "../../../src/services/upkeep/clean-history.ts";
import { sweepBundles } from "../../../src/services/upkeep/sweep-bundles.ts";
import { dagRecord, dagRun, dagVersion, taskKey, xcom } from "../../contract/records.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const daysAgo = (days: number) => new Date(NOW - days * DAY).toISOString();

/** A store whose clock the test moves; deletions of logs, XComs and bundles are noted. */
function createHistory() {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  let now = NOW;
  const removed: string[] = [];
  const note = (kind: string) => async (dagId: string, runId?: string) => {
    removed.push([kind, dagId, ...(runId ? [runId] : [])].join(" "));
  };
  const platform = {
    metadata,
    clock: { now: () => now, sleep: async () => {} },
    report: { info() {}, warn() {}, error() {} },
    xcoms: {
      put: async () => "",
      get: async () => "",
      deleteDag: note("xcoms"),
      deleteRun: note("xcoms"),
    },
    logs: {
      append: async () => {},
      read: async () => ({ entries: [], next: "" }),
      readLast: async () => ({ entries: [], next: "" }),
      deleteDag: note("logs"),
      deleteRun: note("logs"),
    },
    bundles: {
      put: async () => {},
      has: async () => true,
      url: async () => "",
      delete: note("bundle"),
    },
  };
  return {
    metadata,
    platform,
    removed,
    pass: (days: number) => {
      now += days * DAY;
    },
    addDag: (dagId: string, fields = {}) => metadata.dags.put(dagRecord({ dagId, ...fields })),
    async addRun(dagId: string, days: number, fields: Partial<DagRunRecord> = {}) {
      const runId = fields.runId ?? `run_${days}`;
      const dates = { runAfter: daysAgo(days), endDate: daysAgo(days) };
      await metadata.runs.create(dagRun({ dagId, runId, state: "success", ...dates, ...fields }));
      const key = taskKey({ dagId, runId });
      await metadata.taskInstances.update({ key, from: [null], set: { state: "success" } });
      await metadata.xcoms.put(xcom({ ...key }));
    },
    async runIds(dagId: string) {
      const { items } = await metadata.runs.list({ dagId, limit: 1_000 });
      return items.map(({ runId }) => runId).sort();
    },
  };
}

type History = ReturnType<typeof createHistory>;

const until = NOW + DAY * 1_000;

const cleanRuns = ({ platform }: History, days: number, wish = {}) =>
  cleanHistory(platform, { limits: { dag_run: NOW - days * DAY }, isDry: false, until, ...wish });

test("old runs go with all that belongs to them; active ones and the newest stay", async () => {
  const history = createHistory();
  const { metadata, addDag, addRun, runIds, removed } = history;
  await addDag("a");
  await addRun("a", 100);
  await addRun("a", 50);
  await addRun("a", 10);
  await addRun("a", 200, { runId: "running", state: "running" });
  await addRun("a", 300, { runId: "queued", state: "queued" });
  await addDag("b");
  await addRun("b", 400);
  const scheduled = { runType: "scheduled", logicalDate: daysAgo(500) } as const;
  await addRun("b", 500, { runId: "scheduled", ...scheduled });
  await addRun("b", 600, { runId: "older", runType: "scheduled", logicalDate: daysAgo(600) });

  const dry = await cleanRuns(history, 30, { isDry: true });
  expect(dry).toMatchObject({ isDone: true, counts: { dag_run: 3 } });
  expect(await runIds("a")).toHaveLength(5);
  expect((await cleanRuns(history, 30)).counts.dag_run).toBe(3);
  expect(await runIds("a")).toEqual(["queued", "run_10", "running"]);
  expect(await runIds("b")).toEqual(["run_400", "scheduled"]);
  expect(removed.sort()).toEqual(
    ["a run_100", "a run_50", "b older"].flatMap((run) => [`logs ${run}`, `xcoms ${run}`]).sort(),
  );
  const gone = { dagId: "a", runId: "run_100" };
  expect(await metadata.taskInstances.list(gone)).toEqual([]);
  expect(await metadata.xcoms.list(gone)).toEqual([]);
  expect((await cleanRuns(history, 30)).counts.dag_run).toBe(0);
});

test("only the DAGs asked for are cleaned, and a call without time goes on behind the last", async () => {
  const history = createHistory();
  const { addDag, addRun, runIds } = history;
  for (const dagId of ["a", "b", "c"]) {
    await addDag(dagId);
    await addRun(dagId, 100);
    await addRun(dagId, 1);
  }
  await cleanRuns(history, 30, { dagIds: ["b"] });
  expect(await runIds("a")).toHaveLength(2);
  expect(await runIds("b")).toEqual(["run_1"]);
  const first = await cleanRuns(history, 30, { until: NOW });
  expect(first).toMatchObject({ isDone: false, after: "a", counts: { dag_run: 1 } });
  const second = await cleanRuns(history, 30, { until: NOW, after: "a" });
  expect(second).toMatchObject({ isDone: false, after: "b" });
  expect(await cleanRuns(history, 30, { after: "b" })).toMatchObject({ isDone: true });
  expect(await runIds("c")).toEqual(["run_1"]);
});

test("XComs and logs go by their own age, and their runs stay", async () => {
  const { platform, metadata, addDag, addRun, runIds, removed } = createHistory();
  await addDag("a");
  await addRun("a", 100);
  await addRun("a", 20);
  const limits = { xcom: NOW - 30 * DAY, task_log: NOW - 10 * DAY };
  const { counts } = await cleanHistory(platform, { limits, isDry: false, until });
  expect(counts).toEqual({
    dag_run: 0,
    dag_version: 0,
    xcom: 1,
    task_log: 2,
    asset_event: 0,
    log: 0,
  });
  expect(await runIds("a")).toHaveLength(2);
  expect(await metadata.xcoms.list({ dagId: "a", runId: "run_100" })).toEqual([]);
  expect(await metadata.xcoms.list({ dagId: "a", runId: "run_20" })).toHaveLength(1);
  expect(removed.sort()).toEqual(["logs a run_100", "logs a run_20", "xcoms a run_100"]);
});

test("versions that neither a DAG nor a run needs go, and their bundles unless others need them", async () => {
  const { platform, metadata, addDag, addRun, removed, pass } = createHistory();
  const superseded = [{ hash: "v4" }];
  await addDag("a", { versionHash: "v5", superseded });
  await addRun("a", 200, { versionHash: "v2" });
  for (const number of [1, 2, 3, 4, 5, 6]) {
    const bundleHash = number === 3 ? "shared" : `bundle_${number}`;
    const version = { dagId: "a", hash: `v${number}`, number, bundleHash };
    await metadata.versions.create(dagVersion({ ...version, createdAt: daysAgo(300 - number) }));
    await keepDagCode(metadata, { dagId: "a", hash: version.hash, text: version.hash });
  }
  await addDag("b", { versionHash: "w1" });
  const other = { dagId: "b", hash: "w1", bundleHash: "shared", createdAt: daysAgo(400) };
  await metadata.versions.create(dagVersion(other));
  const limits = { dag_version: NOW - 30 * DAY };
  const { counts } = await cleanHistory(platform, { limits, isDry: false, until });
  expect(counts.dag_version).toBe(2);
  // Live, superseded a moment ago, used by a run, and the one with the highest number.
  const left = (await metadata.versions.list("a")).map(({ hash }) => hash);
  const codes = (await metadata.dagCodes.list()).items.map(({ hash }) => hash);
  expect(codes.toSorted()).toEqual(left.toSorted());
  expect(left).toEqual(["v6", "v5", "v4", "v2"]);
  await sweepBundles(platform);
  expect(removed).toEqual([]);
  pass(1);
  await sweepBundles(platform);
  expect(removed).toEqual(["bundle bundle_1"]);
  expect((await metadata.condemnedBundles.list()).items).toEqual([]);
});

test("by age, a pass a day: what it can't do in its time the next call does", async () => {
  const { platform, addDag, addRun, runIds, pass } = createHistory();
  const retention = parseRetention("runs=30");
  for (const dagId of ["a", "b"]) {
    await addDag(dagId);
    await addRun(dagId, 100);
    await addRun(dagId, 29);
    await addRun(dagId, 1);
  }
  await cleanByAge(platform, { retention, until: NOW });
  expect([await runIds("a"), await runIds("b")].map(({ length }) => length)).toEqual([2, 3]);
  await cleanByAge(platform, { retention, until });
  expect(await runIds("b")).toEqual(["run_1", "run_29"]);
  pass(0.5);
  await addRun("a", 200);
  await cleanByAge(platform, { retention, until });
  expect(await runIds("a")).toHaveLength(3);
  pass(2);
  await cleanByAge(platform, { retention, until });
  expect(await runIds("a")).toEqual(["run_1"]);
});

test("the setting is read, and a mistake in it is named", () => {
  expect(parseRetention("runs=90, logs=30")).toEqual({ runs: 90, logs: 30 });
  for (const wrong of ["runs", "runs=0", "runs=9d", "rums=9"]) {
    expect(() => parseRetention(wrong)).toThrow(
      `Retention "${wrong}" is not a name with days, such as runs=90; the names are runs, logs, xcoms, versions, events`,
    );
  }
});

test("old entries of the event log go, of all DAGs or of some, batch by batch", async () => {
  const { platform, metadata, addDag } = createHistory();
  await addDag("a");
  const { eventLogs } = metadata;
  const log = async (days: number, dagId?: string) => {
    const moment = NOW - days * DAY;
    const when = new Date(moment).toISOString();
    for (let number = 0; number < 130; number += 1) {
      const of = dagId === undefined ? {} : { dagId };
      await eventLogs.add({ id: eventLogId(moment, number), when, event: "patch_dag", ...of });
    }
  };
  await log(100, "a");
  await log(101, "gone");
  await log(102);
  await log(10, "a");
  const clean = (wish = {}) =>
    cleanHistory(platform, { limits: { log: NOW - 30 * DAY }, isDry: false, until, ...wish });
  expect((await clean({ isDry: true })).counts.log).toBe(390);
  expect((await clean({ isDry: true, dagIds: ["a"] })).counts.log).toBe(130);
  const stopped = await clean({ until: NOW, after: "a" });
  expect(stopped).toMatchObject({ isDone: false, after: "a", counts: { log: 100 } });
  expect((await clean({ dagIds: ["a"] })).counts.log).toBe(130);
  expect((await clean()).counts.log).toBe(160);
  expect(await eventLogs.count({})).toBe(130);
  expect(await eventLogs.count({ dagId: "a" })).toBe(130);
});

test("by age, the event log goes once a day", async () => {
  const { platform, metadata, pass } = createHistory();
  const { eventLogs } = metadata;
  for (const days of [100, 89]) {
    const moment = NOW - days * DAY;
    const when = new Date(moment).toISOString();
    await eventLogs.add({ id: eventLogId(moment, 0), when, event: "post_pool" });
  }
  const retention = parseRetention("eventLogs=90");
  await cleanByAge(platform, { retention, until });
  expect(await eventLogs.count({})).toBe(1);
  pass(2);
  await cleanByAge(platform, { retention, until });
  expect(await eventLogs.count({})).toBe(0);
});
