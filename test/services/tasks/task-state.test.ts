// Values that a task keeps across its tries: each instance has its own, and they are no larger than
// the metadata can store.
import { expect, test } from "vitest";
import { ABSENT } from "../../../src/local/simulation/absent-ports.ts";
import { createTaskServices } from "../../../src/services/tasks/task-services.ts";
import { startProduct } from "../virtual-time.ts";

test("a state belongs to one instance of one run, and may be removed", async () => {
  const { metadata, clock } = startProduct();
  const of = (runId: string, mapIndex: number) =>
    createTaskServices(
      { ...ABSENT, metadata, clock },
      { dagId: "d", runId, taskId: "t", mapIndex },
    );
  await of("r1", -1).putTaskState("job", '"a"');
  await of("r1", 0).putTaskState("job", '"b"');
  await of("r2", -1).putTaskState("job", '"c"');
  expect(await of("r1", -1).getTaskState("job")).toBe('"a"');
  expect(await of("r1", 0).getTaskState("job")).toBe('"b"');
  await of("r1", -1).putTaskState("job", undefined);
  expect(await of("r1", -1).getTaskState("job")).toBeUndefined();
  expect(await of("r2", -1).getTaskState("job")).toBe('"c"');
});

test("a state that is too large is refused by its name and size", async () => {
  const { metadata, clock } = startProduct();
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  const services = createTaskServices({ ...ABSENT, metadata, clock }, key);
  const largest = JSON.stringify("x".repeat(256 * 1024 - 2));
  await services.putTaskState("fits", largest);
  await expect(services.putTaskState("large", `${largest} `)).rejects.toThrow(
    'Task state "large" has 262145 bytes, but one may have 262144',
  );
  expect(await services.getTaskState("large")).toBeUndefined();
});
