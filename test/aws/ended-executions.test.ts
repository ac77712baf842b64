// An event about an ended execution counts only where that is the execution of a run of this
// deployment.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownExecution } from "../../src/aws/ended-executions.ts";
import { executionArnOf, machineArnOf } from "../../src/aws/machine-arns.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { dagRun } from "../contract/records.ts";

const metadata = createSqliteMetadata({ file: ":memory:" });
const run = dagRun({ dagId: "orders", state: "running", versionHash: "a".repeat(32) });
const input = { dagId: run.dagId, runId: run.runId, clearNumber: run.clearNumber };

const prefixed = (prefix: string) => ({
  prefix,
  arnPrefix: `arn:aws:states:eu-west-1:111111111111:stateMachine:${prefix}`,
});
const MACHINES = prefixed("etl_");

/** The event of the run's execution on a machine of that prefix. */
function ended(prefix: string, { hash = run.versionHash, text = JSON.stringify(input) } = {}) {
  const version = { dagId: run.dagId, hash };
  return ownExecution(
    {
      executionArn: executionArnOf(prefixed(prefix), version, input),
      stateMachineArn: machineArnOf(prefixed(prefix), version),
      input: text,
    },
    { runs: metadata.runs, machines: MACHINES },
  );
}

beforeAll(() => metadata.runs.create(run));
afterAll(() => metadata.close());

test("the execution of a run counts, also on the machine that Stepwind 0.1 has made", async () => {
  expect(await ended("etl_")).toEqual(input);
  expect(await ended("etl-")).toEqual(input);
});

test("the same run of another deployment whose name begins alike does not", async () => {
  expect(await ended("etl-2_")).toBeUndefined();
  expect(await ended("etl-2-")).toBeUndefined();
});

test("an execution on another version than the run's does not", async () => {
  expect(await ended("etl_", { hash: "b".repeat(32) })).toBeUndefined();
});

test("an execution of somebody else's machine is left alone, whatever it was started with", async () => {
  for (const text of ["{}", "[]", "not JSON", JSON.stringify({ ...input, runId: "unknown" })]) {
    expect(await ended("etl-nightly-", { text }), text).toBeUndefined();
  }
});

test("a machine of this deployment that was started with no run is a fault", async () => {
  await expect(ended("etl_", { text: "{}" })).rejects.toThrow("dagId");
});
