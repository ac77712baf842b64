// The longest mappings that there may be: a mapped group of five tasks over 1,024 items, and three
// mapped tasks of 1,024 in one run. On one machine as users run them; and under AWS's limits in
// virtual time, where they cost what ARCHITECTURE.md says.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type LocalProduct, openLocalProduct } from "../../../src/local/local-platform.ts";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { dag, task } from "../../reference/documents.ts";
import { startProduct, succeeds, trigger } from "../../services/virtual-time.ts";

const LENGTH = 1_024;

const FILE = `import { chain, Dag } from "stepwind";
const make = (id) => new Dag(id, { schedule: null });
const sum = (dag, ns) => dag.task("sum", async ({ ns }) => ns.reduce((a, b) => a + b, 0))({ ns });
const listOf = (dag) => dag.task("items", async () => Array.from({ length: ${LENGTH} }, (_, i) => i))();

export const grouped = make("grouped");
{
  const group = grouped.taskGroup("g").expand({ n: listOf(grouped) });
  let last = group.input("n");
  for (const id of ["a", "b", "c", "d", "e"]) last = group.task(id, async ({ n }) => n + 1)({ n: last });
  sum(grouped, last);
}

export const triple = make("triple");
{
  const items = listOf(triple);
  for (const id of ["a", "b", "c"]) triple.task(id, async ({ n }) => n).expand({ n: items });
}
`;

async function openProduct(): Promise<LocalProduct> {
  const folder = mkdtempSync(join(tmpdir(), "stepwind-longest-"));
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "longest.ts"), FILE);
  const product = await openLocalProduct({ home: join(folder, "home"), dagsFolder });
  onTestFinished(async () => {
    await product.close();
    // Thousands of logs.
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);
  await product.processor.processFile("longest.ts");
  const file = await product.platform.metadata.files.get("longest.ts");
  expect(file?.diagnostics).toEqual([]);
  return product;
}

/** Runs it; answers how often each state is that of an instance. */
async function run({ services, platform: { metadata } }: LocalProduct, dagId: string) {
  await services.runControl.trigger({ dagId, runId: "r", triggeredBy: "test" });
  const stateOf = async () => (await metadata.runs.get(dagId, "r"))?.state;
  await expect.poll(stateOf, { timeout: 120_000, interval: 20 }).toBe("success");
  return countStates(metadata, dagId);
}

async function countStates({ taskInstances }: Pick<Metadata, "taskInstances">, dagId: string) {
  const records = await taskInstances.list({ dagId, runId: "r" });
  const states = records.filter(({ mapping }) => !mapping).map(({ state }) => state ?? "none");
  const counts = Map.groupBy(states, (state) => state);
  return Object.fromEntries([...counts].map(([state, all]) => [state, all.length]));
}

test("they run to their end on one machine", { timeout: 180_000 }, async () => {
  const product = await openProduct();
  const began = performance.now();
  expect(await run(product, "grouped")).toEqual({ success: 1 + 5 * LENGTH + 1 });
  const between = performance.now();
  expect(await run(product, "triple")).toEqual({ success: 1 + 3 * LENGTH });
  const key = { dagId: "grouped", runId: "r", taskId: "sum", mapIndex: -1 };
  const sum = await product.platform.metadata.xcoms.get(key, "return_value");
  expect(sum?.value).toBe(String((LENGTH * (LENGTH - 1)) / 2 + 5 * LENGTH));
  const seconds = (from: number, to: number) => ((to - from) / 1_000).toFixed(1);
  console.info(
    `5 × ${LENGTH}: ${seconds(began, between)} s, 3 × ${LENGTH}: ${seconds(between, performance.now())} s`,
  );
});

const OVER_ITEMS = { mapped: { over: { n: { taskId: "items" } } } };
const GROUP = { groupId: "g", ...OVER_ITEMS };
const inGroup = (taskId: string, above: string) => task(taskId, [above], { groupId: "g" });

/** What the mapped tasks of a run cost, without the task whose result they are mapped over. */
async function costOf(document: DagDocument, mapped: readonly string[]) {
  const store = createSqliteMetadata({ file: ":memory:" });
  let writes = 0;
  let messages = 0;
  const isMapped = (taskId: string) => mapped.includes(taskId);
  const { taskInstances } = store;
  const counting = {
    ...store,
    taskInstances: {
      ...taskInstances,
      async update(change: Parameters<typeof taskInstances.update>[0]) {
        const changed = await taskInstances.update(change);
        if (changed && isMapped(change.key.taskId)) writes += 1;
        return changed;
      },
    },
  };
  const product = startProduct({
    store: counting,
    apart: {
      limit: 900,
      copies({ taskId }) {
        if (isMapped(taskId)) messages += 1;
        return 1;
      },
    },
    cloud: {
      allowsLoops: new Set(["worker", "triggerer", "recorder"]),
      timeout: 900,
      account: 10_000,
    },
  });
  const items = JSON.stringify(Array.from({ length: LENGTH }, (_, index) => index));
  // All ends at the same moment would be no test of who ends last.
  product.play(({ taskId, mapIndex }) =>
    taskId === "items" ? succeeds(1, items) : succeeds(1 + mapIndex / 1_000, "1"),
  );
  await product.publish(document);
  await trigger(product, "d", { runId: "r" });
  await product.passTo(product.clock.now() + 600_000);
  expect((await product.getRun("d", "r")).state).toBe("success");
  expect(product.tries).toHaveLength(1 + mapped.length * LENGTH);
  expect(await countStates(store, "d")).toEqual({ success: 1 + mapped.length * LENGTH });
  expect(product.reports).toEqual([]);
  return { events: [...(product.cloud?.events ?? [])], writes, messages };
}

/** Of the execution, of "finish", and of the task "items". */
const OTHER_EVENTS = 2 + 5 + 5;

test("a group of five tasks costs on AWS what was reckoned", { timeout: 180_000 }, async () => {
  const ids = ["a", "b", "c", "d", "e"];
  const tasks = [task("items"), ...ids.map((id, at) => inGroup(id, ids[at - 1] ?? "items"))];
  const cost = await costOf(dag("d", tasks, { groups: [GROUP] }), ids);
  console.info(JSON.stringify(cost));
  const [[, events] = []] = cost.events;
  expect(cost.events).toHaveLength(1);
  expect(events).toBeLessThanOrEqual(OTHER_EVENTS + 5 * 24);
  expect(cost.messages).toBeLessThanOrEqual(2 * 5 * LENGTH);
  expect(cost.writes).toBe(2 * 5 + 2 * 5 * LENGTH);
});

test("three mapped tasks cost on AWS what was reckoned", { timeout: 180_000 }, async () => {
  const ids = ["a", "b", "c"];
  const tasks = [task("items"), ...ids.map((id) => task(id, ["items"], OVER_ITEMS))];
  const cost = await costOf(dag("d", tasks), ids);
  console.info(JSON.stringify(cost));
  const [[, events] = []] = cost.events;
  expect(cost.events).toHaveLength(1);
  expect(events).toBeLessThanOrEqual(OTHER_EVENTS + 3 * 24);
  expect(cost.messages).toBeLessThanOrEqual(2 * 3 * LENGTH);
  expect(cost.writes).toBe(2 * 3 + 2 * 3 * LENGTH);
});
