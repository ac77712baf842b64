// Functions other than the worker hand callbacks to it, and run no tasks.
import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createLambdaTaskRunner } from "../../../src/aws/lambda/lambda-task-runner.ts";
import type { CallbackCall, TaskCall } from "../../../src/model/task-call.ts";
import type { TaskServices } from "../../../src/model/task-services.ts";
import { taskKey } from "../../contract/records.ts";
import { createCallingFunction } from "../calling-functions.ts";

const client = new LambdaClient(CLIENT_OPTIONS);

const CALL: TaskCall = {
  ...taskKey(),
  tryNumber: 1,
  maxTries: 0,
  run: {
    runType: "manual",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter: "2026-01-01T00:00:00.000Z",
    startDate: null,
    conf: { text: "ü" },
  },
  params: {},
  reads: {},
};

const nothing = async () => undefined;
const services: TaskServices = {
  getVariable: nothing,
  setVariable: nothing,
  getConnection: nothing,
  getXCom: nothing,
  setXCom: nothing,
  getTaskState: nothing,
  getAssetEvents: async () => "[]",
  putTaskState: nothing,
  getAssetState: nothing,
  putAssetState: nothing,
  clearAssetState: nothing,
};

test("callbacks are called in the worker function, and not waited for", async () => {
  const called = Promise.withResolvers<unknown>();
  const answer = Promise.withResolvers<void>();
  const { name: functionName } = await createCallingFunction((event) => {
    called.resolve(event);
    return answer.promise;
  });
  const runner = createLambdaTaskRunner({ client, functionName, limit: 900 });
  const { reads: _, ...call } = CALL;
  const callbacks: CallbackCall = { call, kind: "failure", reason: "task_failure" };
  await runner.runCallbacks(callbacks, { bundleHash: "abc", services });
  expect(await called.promise).toEqual({ action: "callbacks", call: callbacks, bundleHash: "abc" });
  answer.resolve();
});

test("a task is refused", async () => {
  const runner = createLambdaTaskRunner({ client, functionName: "the-worker", limit: 900 });
  const slot = runner.reserve({
    instance: { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 },
    bundleHash: "abc",
    signal: new AbortController().signal,
    priority: () => 0,
  });
  await expect(slot).rejects.toThrow("A task can't be run here: only the-worker runs tasks");
});
