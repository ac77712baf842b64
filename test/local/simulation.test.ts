// Simulations: the runs, their order, concurrency and states that a range of days would give.
import { expect, test } from "vitest";
import { BadOutcomes, NO_OUTCOMES, readOutcomes } from "../../src/local/simulation/outcomes.ts";
import { simulate } from "../../src/local/simulation/simulate.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";

const DAILY = { schedule: { kind: "cron", cron: "@daily" }, catchup: true } as const;
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

function run(document: DagDocument, from: string, to: string, outcomes: unknown = {}) {
  return simulate({
    document,
    from: day(from),
    to: day(to),
    outcomes: readOutcomes(outcomes, document),
  });
}

test("each day of the range has one run, each task succeeds after a minute", async () => {
  const document = dag("d", [task("a"), task("b", ["a"])], {
    ...DAILY,
    startDate: "2020-01-01T00:00:00Z",
    endDate: "2026-01-03T00:00:00Z",
  });
  const { runs, peakRuns, peakTasks, reports } = await run(document, "2026-01-01", "2026-01-31");
  expect(runs.map(({ run: { logicalDate } }) => logicalDate)).toEqual([
    "2026-01-01T00:00:00.000Z",
    "2026-01-02T00:00:00.000Z",
    "2026-01-03T00:00:00.000Z",
  ]);
  expect(runs[1]?.run).toMatchObject({
    state: "success",
    startDate: "2026-01-02T00:00:00.000Z",
    endDate: "2026-01-02T00:02:00.000Z",
  });
  expect({ peakRuns, peakTasks, reports }).toEqual({ peakRuns: 1, peakTasks: 1, reports: [] });
});

test("a deadline that a run would miss is told", async () => {
  const deadlines = [{ reference: { kind: "dagrun-logical-date" }, interval: 90 }] as const;
  const document = dag("d", [task("a"), task("b", ["a"])], { ...DAILY, deadlines });
  const outcomes = { runs: { "2026-01-02": { a: { duration: 1 } } } };
  const { reports } = await run(document, "2026-01-01", "2026-01-02", outcomes);
  expect(reports).toEqual([
    'Run "scheduled__2026-01-01T00:00:00+00:00" of DAG "d", which is running, has missed its deadline of 2026-01-01T00:01:30.000Z',
  ]);
});

test("outcomes hold by task and by run: failures, states, durations, branches", async () => {
  const document = dag(
    "d",
    [
      task("load", [], { retries: 1, retryDelay: 60 }),
      task("pick", ["load"], {
        decision: { kind: "branch", cases: { large: ["big"], small: ["little"] } },
      }),
      task("big", ["pick"]),
      task("little", ["pick"]),
      task("done", ["big", "little"], { triggerRule: "none_failed_min_one_success" }),
    ],
    DAILY,
  );
  const { runs } = await run(document, "2026-01-01", "2026-01-04", {
    tasks: { load: { failures: 1, duration: "5 minutes" } },
    runs: {
      "2026-01-02": { pick: { result: "small" } },
      "2026-01-03T00:00:00Z": { load: { failures: 2 } },
      "scheduled__2026-01-04T00:00:00+00:00": { big: "skipped" },
    },
  });
  const states = runs.map(({ instances }) =>
    Object.fromEntries(instances.map(({ taskId, state }) => [taskId, state])),
  );
  expect(states).toMatchObject([
    { load: "success", big: "success", little: "skipped", done: "success" },
    { big: "skipped", little: "success", done: "success" },
    { load: "failed", pick: "upstream_failed", done: "upstream_failed" },
    { big: "skipped", little: "skipped", done: "skipped" },
  ]);
  expect(runs.map(({ run: { state } }) => state)).toEqual([
    "success",
    "success",
    "failed",
    "success",
  ]);
  const load = runs[0]?.instances.find(({ taskId }) => taskId === "load");
  expect(load).toMatchObject({ tryNumber: 2, endDate: "2026-01-01T00:11:00.000Z" });
});

test("maxActiveRuns, dependsOnPast and pools hold runs and tasks back", async () => {
  const slow = { tasks: { t: { duration: "60 hours" } } };
  const free = dag("d", [task("t")], DAILY);
  expect((await run(free, "2026-01-01", "2026-01-10", slow)).peakRuns).toBe(3);
  const limited = dag("d", [task("t")], { ...DAILY, maxActiveRuns: 2 });
  const bounded = await run(limited, "2026-01-01", "2026-01-10", slow);
  expect(bounded).toMatchObject({ peakRuns: 2, peakTasks: 2 });
  expect(bounded.runs).toHaveLength(10);
  const past = dag("d", [task("t", [], { dependsOnPast: true })], DAILY);
  const ordered = await run(past, "2026-01-01", "2026-01-10", slow);
  expect(ordered.peakTasks).toBe(1);
  expect(ordered.runs.every(({ run: { state } }) => state === "success")).toBe(true);
  const pooled = dag("d", [task("t", [], { pool: "db" })], DAILY);
  const shared = await run(pooled, "2026-01-01", "2026-01-10", { ...slow, pools: { db: 1 } });
  expect(shared).toMatchObject({ peakTasks: 1 });
  expect(shared.runs.every(({ run: { state } }) => state === "success")).toBe(true);
});

test("runs follow the DAG's clock over its changes, and without catchup skip what is missed", async () => {
  const zurich = dag("d", [task("t")], {
    schedule: { kind: "cron", cron: "30 2 * * *" },
    timezone: "Europe/Zurich",
    catchup: true,
  });
  const { runs } = await run(zurich, "2026-03-28", "2026-03-31");
  expect(runs.map(({ run: { runAfter } }) => runAfter.slice(5, 16))).toEqual([
    "03-28T01:30",
    "03-29T01:30",
    "03-30T00:30",
  ]);
  const missing = dag("d", [task("t")], { ...DAILY, catchup: false, maxActiveRuns: 1 });
  const missed = await run(missing, "2026-01-01", "2026-01-09", {
    tasks: { t: { duration: "60 hours" } },
  });
  expect(missed.runs.map(({ run: { logicalDate } }) => logicalDate?.slice(0, 10))).toEqual([
    "2026-01-01",
    "2026-01-03",
    "2026-01-06",
    "2026-01-08",
  ]);
});

test("latestOnly, setups and timeouts come out as in real runs", async () => {
  const document = dag(
    "d",
    [
      task("create", [], { isSetup: true }),
      task("work", ["create"], { executionTimeout: 30 }),
      task("remove", ["create", "work"], {
        isTeardown: true,
        triggerRule: "all_done_setup_success",
      }),
      task("latest", [], { decision: { kind: "latest-only" } }),
      task("tell", ["latest"]),
    ],
    DAILY,
  );
  const { runs } = await run(document, "2026-01-01", "2026-01-01");
  expect(runs[0]?.run.state).toBe("failed");
  const states = runs[0]?.instances.map(({ taskId, state }) => [taskId, state]) ?? [];
  expect(Object.fromEntries(states)).toEqual({
    create: "success",
    work: "failed",
    remove: "success",
    latest: "success",
    tell: "success",
  });
});

test("a year of a daily DAG is simulated in little time", { timeout: 60_000 }, async () => {
  const tasks = Array.from({ length: 10 }, (_, index) =>
    task(`t${index}`, index === 0 ? [] : [`t${Math.floor((index - 1) / 2)}`]),
  );
  const { runs } = await simulate({
    document: dag("d", tasks, DAILY),
    from: day("2026-01-01"),
    to: day("2026-12-31"),
    outcomes: NO_OUTCOMES,
  });
  expect(runs).toHaveLength(365);
  expect(runs.every(({ run: { state } }) => state === "success")).toBe(true);
});

test("outcomes that can't hold are refused with what to write", () => {
  const decision = { kind: "branch", cases: { a: ["t2"] } } as const;
  const document = dag("d", [task("load", [], { decision }), task("t2", ["load"])]);
  const problem = (value: unknown) => {
    try {
      readOutcomes(value, document);
    } catch (error) {
      if (error instanceof BadOutcomes) return `${error.message}; ${error.hint ?? ""}`;
      throw error;
    }
    return undefined;
  };
  expect(problem({ tasks: { lood: "failed" } })).toContain(
    'names "lood", which is no task of DAG "d"; did you mean "load"?',
  );
  expect(problem({ tasks: { load: "broken" } })).toContain('has the state "broken"');
  expect(problem({ tasks: { load: { tries: 3 } } })).toContain('has no field "tries"');
  expect(problem({ tasks: { load: { failures: -1 } } })).toContain("whole number from 0 on");
  expect(problem({ tasks: { load: { duration: "long" } } })).toContain("duration is seconds");
  expect(problem({ tasks: { load: { result: "b" } } })).toContain('no case "b"');
  expect(problem({ pools: { p: 1.5 } })).toContain("whole number of slots");
  expect(problem({ task: {} })).toContain('have no part "task"');
  expect(problem([])).toContain("must be an object, got a list");
});

test("what tasks are mapped over has one item, or what the outcomes say", async () => {
  const over = (path: readonly string[]) => ({ over: { x: { taskId: "list", path } } });
  const document = dag(
    "d",
    [
      task("list", []),
      task("each", ["list"], { mapped: over([]) }),
      task("row", ["list"], { mapped: over(["rows"]) }),
    ],
    DAILY,
  );
  const instances = async (outcomes: unknown) => {
    const { runs } = await run(document, "2026-01-01", "2026-01-01", outcomes);
    const told = runs[0]?.instances.map(({ taskId, mapIndex, state }) => [taskId, mapIndex, state]);
    return [runs[0]?.run.state, ...(told ?? [])];
  };
  expect(await instances({})).toEqual([
    "success",
    ["list", -1, "success"],
    ["each", 0, "success"],
    ["row", 0, "success"],
  ]);
  const result = { rows: [1, 2], other: null };
  expect(await instances({ tasks: { list: { result } } })).toEqual([
    "success",
    ["list", -1, "success"],
    ["each", 0, "success"],
    ["each", 1, "success"],
    ["row", 0, "success"],
    ["row", 1, "success"],
  ]);
});
