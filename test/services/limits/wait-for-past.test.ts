// A skip that waits for the past (Airflow: wait_for_past_depends_before_skipping).
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  byTask,
  skips,
  startProduct,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

test.each([
  [true, null],
  [undefined, "skipped"],
] as const)(
  "with waitForPastDependsBeforeSkipping %s, a skip under dependsOnPast is %s while the run before goes on",
  async (waitForPastDependsBeforeSkipping, expected) => {
    const product = startProduct();
    product.play(({ taskId, runId }) => {
      if (runId === "earlier") return succeeds(100);
      return byTask({ first: skips(1) })({ taskId } as Parameters<ReturnType<typeof byTask>>[0]);
    });
    const waits = waitForPastDependsBeforeSkipping ? { waitForPastDependsBeforeSkipping } : {};
    const tasks = [task("first"), task("t", ["first"], { dependsOnPast: true, ...waits })];
    await product.publish(dag("d", tasks));
    await trigger(product, "d", { runId: "earlier", logicalDate: "1970-01-01T00:00:00Z" });
    await trigger(product, "d", { runId: "later", logicalDate: "1970-01-01T12:00:00Z" });
    await product.passTo(after(150));
    expect((await statesOf(product, "d", "later")).t ?? null).toBe(expected);
    await product.passAll();
    expect(await statesOf(product, "d", "later")).toEqual({ first: "skipped", t: "skipped" });
    expect((await product.getRun("d", "later")).state).toBe("success");
  },
);
