// Which function the states of tasks call: the worker, or where user code has none of its rights
// the one of the DAG's role, with the signature of the execution.
import { expect, test } from "vitest";
import { type CompileOptions, compile } from "../../src/compiler/compile.ts";
import type { State } from "../../src/model/asl.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";

const SHARED = {
  worker: "the-worker",
  recorder: "the-recorder",
  triggerQueueUrl: "https://sqs.example/the-queue",
};
const ISOLATED = { ...SHARED, task: "the-task", taskRoles: { teamA: "the-task-teamA" } };

const sensor = { pokeInterval: 60, timeout: 600, softFail: false, exponentialBackoff: false };
const DOCUMENT = dag("d", [task("t"), task("s", ["t"], { sensor }), task("u", ["s"])]);

/** What the states of a compiled chain call, by the id of the task. */
function callsOf(document: DagDocument, functions: CompileOptions["functions"]) {
  const { definition } = compile(document, { functions });
  const states: readonly State[] = Object.values(definition.States);
  return states.flatMap((state) => {
    if (state.Type !== "Task") return [];
    const { FunctionName, Payload } = state.Parameters as {
      readonly FunctionName: string;
      readonly Payload?: Readonly<Record<string, unknown>>;
    };
    return !Payload || "action" in Payload ? [] : [{ FunctionName, Payload }];
  });
}

const codesOf = (document: DagDocument, functions: CompileOptions["functions"]) =>
  compile(document, { functions }).diagnostics;

test("shared, tasks and sensors call the worker by ids alone", () => {
  const calls = callsOf(DOCUMENT, SHARED);
  expect(calls.map(({ FunctionName }) => FunctionName)).toEqual(Array(3).fill("the-worker"));
  for (const { Payload } of calls) expect(Payload).not.toHaveProperty(["signature.$"]);
});

test("isolated, tasks and sensors call the task function and pass the signature on", () => {
  const calls = callsOf(DOCUMENT, ISOLATED);
  expect(calls.map(({ FunctionName }) => FunctionName)).toEqual(Array(3).fill("the-task"));
  for (const { Payload } of calls) {
    expect(Payload).toMatchObject({ "signature.$": "$.signature", "runId.$": "$.runId" });
  }
  expect(JSON.stringify(compile(DOCUMENT, { functions: ISOLATED }).definition)).not.toContain(
    "the-worker",
  );
});

test("the tasks of a DAG with a role call the function of the role", () => {
  const calls = callsOf({ ...DOCUMENT, role: "teamA" }, ISOLATED);
  expect(calls.map(({ FunctionName }) => FunctionName)).toEqual(Array(3).fill("the-task-teamA"));
  expect(codesOf({ ...DOCUMENT, role: "teamA" }, ISOLATED)).toEqual([]);
});

test("a role that the deployment doesn't have is an error that names those it has", () => {
  expect(codesOf({ ...DOCUMENT, role: "teamB" }, ISOLATED)).toEqual([
    {
      code: "unknown-role",
      severity: "error",
      dagId: "d",
      message: 'DAG "d" has the role "teamB", which this deployment does not have',
      hint: 'add it to taskRoles of the construct Stepwind, or use one of "teamA"',
    },
  ]);
  expect(codesOf({ ...DOCUMENT, role: "teamB" }, { ...SHARED, taskRoles: {} })).toMatchObject([
    { severity: "error", hint: "add it to taskRoles of the construct Stepwind" },
  ]);
});

test("on one machine a role is a warning that it changes nothing", () => {
  expect(codesOf({ ...DOCUMENT, role: "teamA" }, SHARED)).toMatchObject([
    {
      code: "unknown-role",
      severity: "warning",
      message: 'DAG "d" has the role "teamA", which changes nothing on one machine',
    },
  ]);
});

test("a sensor of files is refused where tasks run in functions", () => {
  const files = dag("d", [task("f", [], { sensor, operator: "fileSensor" })]);
  expect(codesOf(files, SHARED)).toEqual([]);
  expect(codesOf(files, ISOLATED)).toMatchObject([
    { code: "no-files", severity: "error", taskId: "f" },
  ]);
});
