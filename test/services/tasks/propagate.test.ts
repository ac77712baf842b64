// Wide fan-ins with a gate: they start on the moment, and their upstreams' ends don't read each
// other's states.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  fails,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const WIDTH = 500;
const IDS = Array.from({ length: WIDTH }, (_, index) => `t${index}`);

/** Task n ends at second n + 1. */
const secondsOf = (taskId: string) => Number(taskId.slice(1)) + 1;

test("an alarm above 500 tasks rings at the first failure", async () => {
  const product = startProduct();
  product.play(({ taskId }) => {
    if (taskId === "alarm") return succeeds();
    return taskId === "t300" ? fails(301) : succeeds(secondsOf(taskId));
  });
  const tasks = IDS.map((id) => task(id));
  await product.publish(dag("d", [...tasks, task("alarm", IDS, { triggerRule: "one_failed" })]));
  await trigger(product, "d");
  await product.passAll();
  expect(startsOf(product, "alarm")).toEqual([301]);
});

test("a gate that only the last of 500 ends opens costs few reads, whatever the order of the ends", async () => {
  for (const order of [(n: number) => n, (n: number) => WIDTH - n, (n: number) => (n * 77) % 499]) {
    const product = startProduct();
    let rows = 0;
    // Never true: it only sees what is asked for.
    product.breakNext("taskInstances.list", (query) => {
      rows += (query as { readonly taskIds?: readonly string[] }).taskIds?.length ?? 0;
      return false;
    });
    product.play(({ taskId }) => succeeds(taskId === "alarm" ? 0 : order(secondsOf(taskId))));
    const tasks = IDS.map((id) => task(id));
    await product.publish(dag("d", [...tasks, task("alarm", IDS, { triggerRule: "one_failed" })]));
    const runId = await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(await statesOf(product, "d", runId)).toMatchObject({ alarm: "skipped" });
    const run = await product.getRun("d", runId);
    expect(run.state).toBe("success");
    expect(Date.parse(run.endDate ?? "")).toBeLessThanOrEqual(after(WIDTH));
    // Each end reading all states would be a quarter of a million.
    expect(rows).toBeLessThan(40_000);
  }
});
