// Examples in the docstrings of setups, teardowns and branches by dates and retry policies, as
// written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { branchDateTime, branchDayOfWeek, empty, latestOnly } from "../../src/operators/index.ts";
import { Dag, exceptionRetryPolicy } from "../../src/sdk/index.ts";

test("setups and teardowns", async () => {
  const dag = new Dag("d");
  const createCluster = dag.task("create_cluster", async () => "cluster-1");
  const deleteCluster = dag.task("delete_cluster", async (_: { cluster: string }) => null);
  const queried = dag.task("query", empty())();
  const reported = dag.task("report", empty())();
  const created = createCluster().asSetup();
  deleteCluster({ cluster: created }).asTeardown({ setups: created }).around(queried);
  const deleted = dag.task("delete_all", empty())().asTeardown({ setups: created });
  deleted.around(queried, reported);
  const { diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
});

test("branches by dates", async () => {
  const dag = new Dag("d");
  const place = (id: string) => dag.task(id, empty())();
  const [notified, weekly, daily] = [place("notified"), place("weekly"), place("daily")];
  const heavy = place("heavy");
  const light = place("light");
  dag.task("latest_only", latestOnly())().before(notified);
  const isWeekend = dag.task(
    "is_weekend",
    branchDayOfWeek({
      weekDay: ["Saturday", "Sunday"],
      followTaskIdsIfTrue: "weekly",
      followTaskIdsIfFalse: "daily",
      useTaskLogicalDate: true,
    }),
  )();
  isWeekend.before(weekly, daily);
  const isNight = dag.task(
    "is_night",
    branchDateTime({
      targetLower: "22:00",
      targetUpper: "06:00",
      followTaskIdsIfTrue: "heavy",
      followTaskIdsIfFalse: "light",
    }),
  )();
  isNight.before(heavy, light);
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  const decision = (id: string) => document.tasks.find(({ taskId }) => taskId === id)?.decision;
  expect(decision("latest_only")).toEqual({ kind: "latest-only" });
  expect(decision("is_weekend")).toEqual({
    kind: "by-date",
    condition: { kind: "week-day", days: [6, 7], useTaskLogicalDate: true },
    ifTrue: ["weekly"],
    ifFalse: ["daily"],
  });
});

test("targets may be tasks and groups as placed; what isn't in the DAG is a mistake", async () => {
  const dag = new Dag("d");
  const group = dag.taskGroup("weekly");
  const first = group.task("first", empty())();
  first.before(group.task("second", empty())());
  const daily = dag.task("daily", empty())();
  const check = dag.task(
    "check",
    branchDayOfWeek({
      weekDay: "monday",
      followTaskIdsIfTrue: group,
      followTaskIdsIfFalse: [daily, "dayly"],
    }),
  )();
  check.before(group, daily);
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics.map(({ code, message, hint }) => `${code}: ${message}; ${hint}`)).toEqual([
    'unknown-task: Task "check" of DAG "d" is to follow "dayly", which is neither a task nor a group of the DAG; did you mean "daily"?',
  ]);
  expect(document.tasks.at(-1)?.decision).toMatchObject({
    ifTrue: ["weekly.first"],
    ifFalse: ["daily"],
  });
  const noDay: string = "Caturday";
  expect(() =>
    branchDayOfWeek({
      weekDay: noDay as "Monday",
      followTaskIdsIfTrue: [],
      followTaskIdsIfFalse: [],
    }),
  ).toThrow('takes names of days such as "Monday", got "Caturday"');
  const none = { followTaskIdsIfTrue: [], followTaskIdsIfFalse: [] };
  expect(() => branchDateTime({ targetLower: null, targetUpper: null, ...none })).toThrow(
    "needs targetLower or targetUpper",
  );
  expect(() => branchDateTime({ targetLower: "noon", targetUpper: null, ...none })).toThrow(
    'takes ISO text such as "2026-01-31T10:00" or "10:00", or null, got "noon"',
  );
});

test("retry policies", async () => {
  const dag = new Dag("d");
  class RateLimited extends Error {}
  class Unauthorized extends Error {}
  const load = async () => 1;
  const retryPolicy = exceptionRetryPolicy({
    rules: [
      { exception: RateLimited, retryDelay: "5 minutes", reason: "rate limit" },
      { exception: ["TypeError", Unauthorized], action: "fail", reason: "won't get better" },
    ],
  });
  dag.task("load", load, { retries: 3, retryPolicy })();
  const { diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
});
