// The log of a try ends with why it ended, also where its own thread could not say so.
import { expect, test } from "vitest";
import type { TaskLogs } from "../../../src/ports/task-logs.ts";
import { dag, task } from "../../reference/documents.ts";
import { after, startProduct, succeeds, trigger } from "../virtual-time.ts";
import { notYet, pokes, sensor } from "./sensor-scripts.ts";

/** Keeps lines as "task try event". */
function keepLines(): { readonly logs: TaskLogs; readonly lines: string[] } {
  const lines: string[] = [];
  const logs: TaskLogs = {
    async append({ taskId, tryNumber }, entries) {
      for (const { event } of entries) lines.push(`${taskId} ${tryNumber} ${event}`);
    },
    read: async () => ({ entries: [], next: "" }),
    readLast: async () => ({ entries: [], next: "" }),
    async deleteDag() {},
    async deleteRun() {},
  };
  return { logs, lines };
}

test.each([{ softFail: false }, { softFail: true }])(
  "a sensor whose time is over says so in its log (%o)",
  async (options) => {
    const { logs, lines } = keepLines();
    const product = startProduct({ logs });
    product.play(pokes(notYet()));
    await product.publish(dag("d", [sensor({ timeout: 150, ...options })]));
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(lines).toEqual([
      "s 1 Sensor has timed out; run duration of 184 seconds exceeds the specified timeout of 150.",
    ]);
  },
);

test("a try that the end of the server took along says so, and that its task starts again", async () => {
  const { logs, lines } = keepLines();
  const product = startProduct({ logs });
  product.play(() => succeeds(60));
  await product.publish(dag("d", [task("a")]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(30));
  await product.die();
  await product.passAll();
  expect(lines).toEqual([
    "a 1 The server ended while this try ran. The task starts again, and keeps its retries",
  ]);
});
