// What the upkeep removes of questions to people.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { inputRequestKey } from "../../../src/model/ids.ts";
import type { InputRequestRecord } from "../../../src/model/waits/input-requests.ts";
import { createInputSweep } from "../../../src/services/upkeep/sweep-input-requests.ts";
import { dagRun, januaryDay, taskKey } from "../../contract/records.ts";

const NOW = Date.parse(januaryDay(10));

test("what leads to a question goes when it is answered or gone, and not while it may be stored", async () => {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  await metadata.runs.create(dagRun());
  const ask = async (taskId: string, more: Partial<InputRequestRecord> = {}) => {
    const asked = { ...taskKey({ taskId }), key: inputRequestKey(taskKey({ taskId }), 1) };
    const question = { subject: "?", body: null, options: ["yes"], defaults: null, params: {} };
    const rest = { multiple: false, assignedUsers: [], tryNumber: 1, askedBy: "", createdAt: "" };
    await metadata.inputRequests.put({ ...asked, ...question, ...rest, ...more });
    await metadata.openInputRequests.put({ key: asked.key, writtenAt: januaryDay(1) });
  };
  const response = { chosenOptions: ["yes"], paramsInput: {}, respondedAt: "", respondedBy: null };
  await ask("open");
  await ask("answered", { response });
  await ask("gone", { runId: "none" });
  await metadata.openInputRequests.put({ key: "late", writtenAt: januaryDay(1) });
  await metadata.openInputRequests.put({ key: "soon", writtenAt: januaryDay(10) });
  const sweep = createInputSweep({ metadata, clock: { now: () => NOW, sleep: async () => {} } });
  await sweep();
  const keys = (await metadata.openInputRequests.list()).items.map(({ key }) => key);
  expect(keys.sort()).toEqual([inputRequestKey(taskKey({ taskId: "open" }), 1), "soon"].sort());
  expect((await metadata.inputRequests.list()).items).toHaveLength(2);
});
