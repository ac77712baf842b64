// The triggerer calls the worker function with what it was asked for, and doesn't wait for it.
import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createLambdaCall } from "../../../src/aws/lambda/lambda-call.ts";
import { createCallingFunction } from "../calling-functions.ts";

test("the worker function is called, and not waited for", async () => {
  const called = Promise.withResolvers<unknown>();
  const answer = Promise.withResolvers<void>();
  const { name: functionName } = await createCallingFunction((event) => {
    called.resolve(event);
    return answer.promise;
  });
  const callWorker = createLambdaCall({ client: new LambdaClient(CLIENT_OPTIONS), functionName });
  const event = { dagId: "größe", runId: "r", clearNumber: 2, taskId: "s", pokes: 3 };
  await callWorker(event);
  expect(await called.promise).toEqual(event);
  answer.resolve();
});
