// A watched call of the worker shows a function that dies at its start, and leaves one that goes on.
import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createWorkerCalls } from "../../../src/aws/lambda/worker-calls.ts";
import { createCallingFunction } from "../calling-functions.ts";

const EVENT = { dagId: "d", runId: "r", clearNumber: 0, taskId: "t", mapIndex: -1, pokes: 0 };

test("a watched call answers the error that the function ends with, or nothing", async () => {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const { name: functionName } = await createCallingFunction(async (event) => {
    seen.push(event);
    if (event.taskId === "dies") throw new Error("it can't start");
    if (event.taskId !== "goes on") return undefined;
    started.resolve();
    await ended.promise;
  });
  const client = new LambdaClient(CLIENT_OPTIONS);
  const { watchedWorker } = createWorkerCalls({
    client,
    watchingClient: new LambdaClient({ ...CLIENT_OPTIONS, maxAttempts: 1 }),
    invocationOf: async (payload) => ({ functionName, payload }),
    watchedMs: 3_000,
  });
  expect(await watchedWorker({ ...EVENT, taskId: "dies" })).toMatchObject({
    name: "Error",
    message: expect.stringContaining("it can't start"),
  });
  expect(await watchedWorker(EVENT)).toBeUndefined();
  expect(await watchedWorker({ ...EVENT, taskId: "goes on" })).toBeUndefined();
  await started.promise;
  ended.resolve();
  expect(seen).toContainEqual(EVENT);
});
