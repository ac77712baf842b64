// What the Execution API makes of Lambda's report that a call of a task function has failed. The
// code of tasks can send such a report as well, so it needs the proof that the call had.
import { beforeEach, expect, test } from "vitest";
import {
  type ServingParts,
  serveExecutionApi,
} from "../../../src/aws/lambda/serve-execution-api.ts";
import { ABSENT } from "../../../src/local/simulation/absent-ports.ts";
import {
  type Capabilities,
  createCapabilities,
} from "../../../src/services/execution-api/capabilities.ts";
import type { RecorderEvent } from "../../../src/services/runs/recorder.ts";

const EXECUTION = { dagId: "d", runId: "r", clearNumber: 0 };
const REFUSED = { kind: "error", name: "Stepwind.Refused" };

let capabilities: Capabilities;
let recorded: RecorderEvent[];
let called: unknown[];
let warnings: string[];
let parts: ServingParts;

beforeEach(() => {
  capabilities = createCapabilities({ key: async () => Buffer.alloc(32, 1), now: () => 0 });
  recorded = [];
  called = [];
  warnings = [];
  const never = () => Promise.reject(new Error("is not called"));
  parts = {
    api: { begin: never, ask: never, look: never, append: never, end: never },
    capabilities,
    recorder: { handle: async (event) => void recorded.push(event) },
    objects: { ...ABSENT.logs, take: never, leave: never, placeFor: never },
    report: { info() {}, warn: (text) => warnings.push(text), error() {} },
    callForCallbacks: async (...args) => void called.push(args),
  };
});

/** As Lambda sends it. */
const reportOf = (requestPayload: object, condition = "RetriesExhausted") => ({
  version: "1.0",
  timestamp: "2026-01-01T00:00:00.000Z",
  requestContext: { requestId: "x", functionArn: "arn", condition, approximateInvokeCount: 1 },
  requestPayload,
  responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
  responsePayload: { errorType: "Runtime.ExitError", errorMessage: "signal: killed" },
});

async function taskCall() {
  const signature = await capabilities.signExecution(EXECUTION);
  return { ...EXECUTION, signature, taskId: "t", mapIndex: 2, pokes: 3, callId: "c" };
}

const CALL_FAILED = { taskId: "t", mapIndex: 2, action: "callFailed", pokes: 3, callId: "c" };

test("of a task's call, the recorder is told which one it was, and the error", async () => {
  await serveExecutionApi(parts, reportOf(await taskCall()));
  const told = { error: "Runtime.ExitError", reason: "signal: killed" };
  expect(recorded).toEqual([{ ...EXECUTION, ...CALL_FAILED, ...told }]);
});

test("one that has waited for a worker too long has no error", async () => {
  const { responsePayload: _, ...report } = reportOf(await taskCall(), "EventAgeExceeded");
  await serveExecutionApi(parts, report);
  expect(recorded).toEqual([{ ...EXECUTION, ...CALL_FAILED }]);
});

test("an error of the product's own is known by its message where emulators name all alike", async () => {
  const report = reportOf(await taskCall());
  const errorMessage = "Stepwind.NotYet: another worker is at the task";
  const responsePayload = { errorType: "Runtime.HandlerError", errorMessage };
  await serveExecutionApi(parts, { ...report, responsePayload });
  expect(recorded).toMatchObject([{ ...CALL_FAILED, error: "Stepwind.NotYet" }]);
});

test("a call of a triggerer from before, which has no id, is left to the messages", async () => {
  const { callId: _, ...call } = await taskCall();
  await serveExecutionApi(parts, reportOf(call));
  expect(recorded).toEqual([]);
  expect(warnings).toEqual([]);
});

test.each([
  ["without the execution's signature", { signature: "A".repeat(43) }],
  ["for another execution", { runId: "another" }],
  ["of what is no call", { taskId: 7 }],
])("a report %s is refused and changes nothing", async (_, other) => {
  const answer = await serveExecutionApi(parts, reportOf({ ...(await taskCall()), ...other }));
  expect(answer).toMatchObject(REFUSED);
  expect(warnings).toHaveLength(1);
  expect(recorded).toEqual([]);
});

async function callbacks() {
  const capability = await capabilities.grant({
    ...{ kind: "callbacks", dagId: "d", runId: "r", taskId: "t", mapIndex: -1, tryNumber: 1 },
    ...{ bundleHash: "b", role: "teamA", expiresAt: 1 },
  });
  return { action: "callbacks", call: { kind: "failure" }, bundleHash: "b", capability };
}

test("callbacks are called twice more, in the function of their role", async () => {
  const request = await callbacks();
  await serveExecutionApi(parts, reportOf(request));
  expect(called).toEqual([[{ ...request, attempt: 2 }, "teamA"]]);
  await serveExecutionApi(parts, reportOf({ ...request, attempt: 2 }));
  expect(called[1]).toEqual([{ ...request, attempt: 3 }, "teamA"]);
  await expect(serveExecutionApi(parts, reportOf({ ...request, attempt: 3 }))).rejects.toThrow(
    "Callbacks were called 3 times",
  );
});

test("callbacks without a capability are refused", async () => {
  const request = { ...(await callbacks()), capability: "forged.x" };
  expect(await serveExecutionApi(parts, reportOf(request))).toMatchObject(REFUSED);
  expect(called).toEqual([]);
});
