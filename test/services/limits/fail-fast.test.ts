// A DAG with failFast ends at its first task that fails for good.
import { describe, expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  byTask,
  fails,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";
import { MACHINE_AND_FUNCTIONS } from "./platforms.ts";

describe.each(MACHINE_AND_FUNCTIONS)("%s", (_, options) => {
  test("what runs fails and is stopped, what has not begun is skipped, the rest stays", async () => {
    const product = startProduct(options);
    product.play(
      byTask({ done: succeeds(1), bad: fails(10), long: succeeds(100), late: succeeds(5) }),
    );
    const tasks = [
      task("done"),
      task("bad", ["done"]),
      task("below", ["bad"]),
      task("long"),
      task("late", ["long"]),
      task("bottom", ["late", "below"]),
    ];
    await product.publish(dag("d", tasks, { failFast: true }));
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toEqual({
      done: "success",
      bad: "failed",
      below: "skipped",
      long: "failed",
      late: "skipped",
      bottom: "skipped",
    });
    expect(startsOf(product, "late")).toEqual([]);
    // The leaf is skipped, and Airflow decides a run by its leaves.
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("a task that has another try does not end the others", async () => {
    const product = startProduct(options);
    product.play(({ taskId, tryNumber }) =>
      taskId === "flaky" && tryNumber === 1 ? fails(10) : succeeds(30),
    );
    const tasks = [task("flaky", [], { retries: 1, retryDelay: 5 }), task("other")];
    await product.publish(dag("d", tasks, { failFast: true }));
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toEqual({ flaky: "success", other: "success" });
  });
});

test("the end of a run that fails fast is whole after a restart in the middle of it", async () => {
  for (let turns = 0; turns < 40; turns += 4) {
    const product = startProduct();
    product.play(byTask({ bad: fails(10), long: succeeds(100) }));
    const tasks = [task("bad"), task("below", ["bad"]), task("long"), task("late", ["long"])];
    await product.publish(dag("d", tasks, { failFast: true }));
    await trigger(product, "d", { runId: "r" });
    await product.passTo(after(9.9));
    product.clock.advanceTo(after(10));
    await product.die({ turns });
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toMatchObject({
      bad: "failed",
      below: "skipped",
      late: "skipped",
    });
    expect((await product.getRun("d", "r")).state).not.toBe("running");
  }
});
