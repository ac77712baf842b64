// Workers that die without a report, and storage that is out of reach before a try begins: what the
// log and the message say, and what it costs.
import { expect, test } from "vitest";
import { createFileTaskLogs } from "../../../src/local/file-task-logs.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { dag, task } from "../../reference/documents.ts";
import { byTask, startProduct, succeeds, trigger } from "../virtual-time.ts";

const MEANING = "most often the function was out of memory (1024 MB)";

test("the next call says in the log and in the message what such a death usually means", async () => {
  const logs = createFileTaskLogs(temporaryFolder());
  const product = startProduct({ logs, silentDeath: MEANING });
  product.play(byTask({ t: succeeds(5) }));
  await product.publish(dag("d", [task("t")]));
  // The end can't be recorded, so to the next call its worker has died.
  const isEnd = (argument: unknown) => JSON.stringify(argument).includes('"success"');
  for (let count = 0; count < 20; count += 1) product.breakNext("taskInstances.update", isEnd);
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  const { t } = await product.getTasks("d", "r");
  const reason = `the worker died before it reported how the try ended: ${MEANING}`;
  expect(t).toMatchObject({ state: "failed", message: `WorkerDied: ${reason}` });
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1, tryNumber: 1 };
  const { entries } = await logs.read(key);
  expect(entries.map(({ level, event }) => `${level} ${event}`)).toEqual([
    `error The try died: ${reason}`,
  ]);
});

test("code that can't be fetched now costs no try, and the task is called again", async () => {
  const product = startProduct();
  product.play(byTask({ t: succeeds(5) }));
  await product.publish(dag("d", [task("t")]));
  product.breakFetches(3);
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "success", tryNumber: 1 });
  expect(product.tries).toHaveLength(1);
  expect(product.reports).toEqual(
    Array(3).fill(
      'Task "t" of run "r" of DAG "d" is called again: Error: the storage is out of order',
    ),
  );
});
