// Which ends of tasks and runs are told, and how often.
import { expect, test } from "vitest";
import type { FailureEvent } from "../../../src/model/failure-event.ts";
import type { TaskOutcome } from "../../../src/model/task-call.ts";
import { createServices } from "../../../src/services/services.ts";
import { createApiProduct, publish } from "../../api/api-product.ts";
import { dagRun } from "../../contract/records.ts";
import { createRecordingReporter } from "../../local/recording-reporter.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";

const EVENT = { dagId: "load", runId: "manual__1", clearNumber: 0 };

/** A DAG of "first" with one retry and "second" behind it, whose run goes on; every try ends so. */
async function setUp(outcome: TaskOutcome | { readonly kind: "died"; readonly reason: string }) {
  const { platform } = await createApiProduct();
  const told: FailureEvent[] = [];
  const report = createRecordingReporter();
  const state = { isBroken: false };
  const services = createServices({
    ...platform,
    report,
    notifications: {
      async publish(event) {
        if (state.isBroken) throw new Error("no topic");
        told.push(event);
      },
    },
    runner: {
      reserve: async () => ({ run: async () => outcome, release() {} }),
      runCallbacks: async () => {},
    },
  });
  const tasks = [
    taskDocument("first", { retries: 1, retryDelay: 0 }),
    taskDocument("second", { upstream: ["first"] }),
  ];
  await publish(platform.metadata, dagDocument({ dagId: EVENT.dagId, tasks }), { isPaused: true });
  const run = dagRun({ ...EVENT, state: "running", versionHash: "v1", logicalDate: null });
  await platform.metadata.runs.create(run);
  const work = (taskId: string) =>
    services.worker.execute({ ...EVENT, taskId }, new AbortController().signal);
  return { services, told, report, state, work, run, metadata: platform.metadata };
}

const FAILED = {
  kind: "failed",
  retry: true,
  error: { name: "TypeError", message: "no rows" },
} as const;

test("a task is told of when its last try has failed, by the same id each time, and what it takes down is not", async () => {
  const { told, work, services } = await setUp(FAILED);
  await work("first");
  await work("first");
  await work("second");
  await services.recorder.handle({ ...EVENT, action: "finish" });
  const event = {
    kind: "task-failed",
    id: '["load","manual__1","first",2]',
    dagId: "load",
    runId: "manual__1",
    taskId: "first",
    tryNumber: 2,
    message: "TypeError: no rows",
  };
  expect(told).toEqual([event, event]);
});

test("tasks that succeed or skip themselves are not told of", async () => {
  for (const kind of ["success", "skipped"] as const) {
    const { told, work } = await setUp({ kind });
    await work("first");
    expect(told).toEqual([]);
  }
});

test("a worker that died without a word is told of when it is settled, by the same id each time", async () => {
  const { told, services } = await setUp({ kind: "success" });
  await services.recorder.handle({ ...EVENT, action: "settle", taskId: "first" });
  await services.recorder.handle({ ...EVENT, action: "settle", taskId: "first" });
  expect(told.map(({ id }) => id)).toEqual([told[0]?.id, told[0]?.id]);
  expect(told[0]).toMatchObject({ kind: "task-failed", taskId: "first" });
});

test("a run that is given up is told of, not its tasks; an execution that ends late is not told again", async () => {
  const { told, services, run, metadata } = await setUp({ kind: "success" });
  await services.recorder.abandon(run, "timed_out");
  await services.recorder.executionEnded(EVENT);
  expect(told).toMatchObject([{ kind: "run-failed", reason: "timed_out", runId: "manual__1" }]);
  expect(await metadata.runs.get("load", "manual__1")).toMatchObject({ reason: "timed_out" });
});

test("an execution that ended without the run's end fails the run, unless the run was cleared since", async () => {
  const { told, services, metadata } = await setUp({ kind: "success" });
  await services.recorder.executionEnded({ ...EVENT, clearNumber: 1 });
  expect((await metadata.runs.get("load", "manual__1"))?.state).toBe("running");
  await services.recorder.executionEnded(EVENT);
  expect((await metadata.runs.get("load", "manual__1"))?.state).toBe("failed");
  expect(told).toMatchObject([{ kind: "run-failed", reason: "task_failure" }]);
});

test("a failure that can't be told is reported, and the run goes on", async () => {
  const { state, work, report, metadata } = await setUp(FAILED);
  state.isBroken = true;
  await work("first");
  expect(report.messages).toContain(
    'error: The failure of run "manual__1" of DAG "load" was not told: Error: no topic',
  );
  const second = { ...EVENT, taskId: "second", mapIndex: -1 };
  expect((await metadata.taskInstances.get(second))?.state).toBe("upstream_failed");
});
