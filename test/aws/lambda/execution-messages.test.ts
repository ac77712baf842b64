// Messages to the Execution API are checked field by field: the code of tasks can send anything.
import { expect, test } from "vitest";
import {
  type ExecutionMessage,
  isExecutionMessage,
  isStoredMessage,
} from "../../../src/aws/lambda/execution-messages.ts";

const BEGIN = {
  action: "begin",
  dagId: "d",
  runId: "r",
  clearNumber: 0,
  signature: "s",
  taskId: "t",
};
const LINE = { timestamp: "2026-01-01T00:00:00.000Z", level: "info", event: "x", logger: "task" };
const error = { name: "Error", message: "no" };

const GOOD: readonly ExecutionMessage[] = [
  { ...BEGIN, action: "begin" },
  { ...BEGIN, action: "begin", mapIndex: -1, token: "token", pokes: 3 },
  { ...BEGIN, action: "begin", pokes: -1, isDead: true },
  { action: "ask", capability: "c", question: { method: "getBundleUrl", args: {} } },
  { action: "ask", capability: "c", question: { method: "putTaskState", args: { key: "k" } } },
  { action: "append", capability: "c", entries: [{ ...LINE, level: "info" }] },
  {
    action: "end",
    capability: "c",
    report: { ending: { kind: "success", result: "1", renderedFields: { a: [1] } }, entries: [] },
  },
  {
    action: "end",
    capability: "c",
    report: { ending: { kind: "failed", retry: true, error }, entries: [] },
  },
  {
    action: "end",
    capability: "c",
    report: { ending: { kind: "died", reason: "killed", timedOut: true }, entries: [] },
  },
  { action: "upload", capability: "c" },
];

test.each(GOOD.map((message) => [JSON.stringify(message), message]))("%s is one", (_, message) => {
  expect(isExecutionMessage(message)).toBe(true);
});

test.each([
  undefined,
  null,
  "begin",
  {},
  { action: "settle" },
  // What Step Functions sends to the worker and to the recorder.
  { dagId: "d", runId: "r", clearNumber: 0, taskId: "t" },
  { action: "settle", dagId: "d", runId: "r", clearNumber: 0, taskId: "t" },
  { ...BEGIN, signature: undefined },
  { ...BEGIN, clearNumber: "0" },
  { action: "ask", capability: "c", question: { method: "toString", args: {} } },
  { action: "ask", capability: "c", question: { method: "getXCom", args: { key: "k" } } },
  {
    action: "ask",
    capability: "c",
    question: { method: "getXCom", args: { key: "k", taskId: "t", dagId: "other" } },
  },
  { action: "append", capability: "c", entries: [{ ...LINE, level: "loud" }] },
  { action: "append", capability: "c", entries: [{ ...LINE, more: 1 }] },
  { action: "end", capability: "c", report: { ending: { kind: "won" }, entries: [] } },
  {
    action: "end",
    capability: "c",
    report: { ending: { kind: "success", result: 1 }, entries: [] },
  },
])("%j is none", (message) => {
  expect(isExecutionMessage(message)).toBe(false);
});

test("a message that was left is named by a key and nothing else", () => {
  expect(isStoredMessage({ action: "stored", key: "k" })).toBe(true);
  expect(isStoredMessage({ action: "stored", key: "k", capability: "c" })).toBe(false);
});
