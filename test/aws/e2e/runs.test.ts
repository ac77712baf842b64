// Runs on the deployment: what appears when a file is uploaded, and what a run leaves behind.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "./cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const CHAIN = 12;

test("an uploaded file becomes a state machine and a schedule, and a triggered run leaves its states in the table", async () => {
  await cloud.upload(
    "orders.ts",
    `import { Dag } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("orders", { schedule: "0 6 * * *", startDate: "2026-01-01", timezone: "Europe/London" });
const count = dag.task("count", bash({ bashCommand: "echo 7" }))();
const double = dag.task("double", async ({ n }: { n: string }) => Number(n) * 2);
double({ n: count });
`,
  );
  await cloud.dagWhen("orders");
  expect(await cloud.machinesOf("orders")).toHaveLength(1);
  await until(
    "a schedule",
    () => cloud.schedulesOf("orders"),
    (names) => names.length > 0,
  );
  const { run, state, states } = await cloud.run("orders");
  expect({ state, states }).toEqual({
    state: "success",
    states: { count: "success", double: "success" },
  });
  const key = { dagId: "orders", runId: run.runId, taskId: "double", mapIndex: -1 };
  expect((await cloud.metadata.xcoms.get(key, "return_value"))?.value).toBe("14");
});

test("the history of a run enters one Task state per task that succeeds, and at most two more", async () => {
  await cloud.upload(
    "billed.ts",
    `import { chain, Dag } from "stepwind";
export const dag = new Dag("billed", { schedule: null });
chain(...Array.from({ length: ${CHAIN} }, (_, i) => dag.task("t" + i, async () => i)()));
`,
  );
  await cloud.dagWhen("billed");
  const { state, run } = await cloud.run("billed");
  expect(state).toBe("success");
  const [executionArn = ""] = await cloud.executionsOf("billed");
  const entered = (await cloud.history(executionArn)).filter(
    ({ type }) => type === "TaskStateEntered",
  );
  expect(run.clearNumber).toBe(0);
  expect(entered.length).toBeGreaterThanOrEqual(CHAIN);
  expect(entered.length).toBeLessThanOrEqual(CHAIN + 2);
});

test("a DAG whose edges cross waits at gates and runs right", async () => {
  await cloud.upload(
    "crossing.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("crossing", { schedule: null });
const at = (id: string, ms: number) => dag.task(id, async () => {
  const start = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { start, end: Date.now() };
})();
const [a, b, c, d, e, f] = [at("a", 50), at("b", 2000), at("c", 50), at("d", 50), at("e", 50), at("f", 50)];
a.before(c, d);
b.before(d, e);
c.before(f);
e.before(f);
`,
  );
  const { versionHash } = await cloud.dagWhen("crossing");
  const version = await cloud.metadata.versions.get("crossing", versionHash);
  expect(version?.gates.length).toBeGreaterThan(0);
  const { run, state } = await cloud.run("crossing");
  expect(state).toBe("success");
  const times = async (taskId: string): Promise<{ start: number; end: number }> => {
    const key = { dagId: "crossing", runId: run.runId, taskId, mapIndex: -1 };
    return JSON.parse((await cloud.metadata.xcoms.get(key, "return_value"))?.value ?? "null");
  };
  for (const [above, below] of ["ac", "ad", "bd", "be", "cf", "ef"]) {
    if (above === undefined || below === undefined) continue;
    expect((await times(above)).end, `${above} → ${below}`).toBeLessThanOrEqual(
      (await times(below)).start,
    );
  }
  // No barrier: what has not to wait for b does not.
  expect((await times("c")).end).toBeLessThan((await times("b")).end);
});
